//! The split of a cofactor into two large primes.
//!
//! Cost: a test of primality, some 0.3 us, which most cofactors fail; then some curves.

use crate::control::Control;
use crate::ecm;
use crate::primality::is_prime_past_trial;
use crate::siqs::instance::Instance;

/// Curves after which a cofactor is given up: far more than most need. At 100 digits, with AVX-512
/// IFMA, 32 leave 9 of a thousand products, and 64 leave none.
const CURVES: usize = 64;

/// Returns the two primes of `rest`, the smaller one first, whichever a curve has found: so the bytes
/// of a relation do not depend on the machine. Returns `None` unless both are below the bound for
/// large primes. `rest` has no prime of the base.
pub(super) fn split(rest: u64, instance: &Instance) -> Option<[u32; 2]> {
    let largest = u64::from(instance.base.largest());
    // A product of two primes beyond the base, or a prime that is too large.
    if rest < largest * largest || is_prime_past_trial(rest.into()) {
        return None;
    }
    let divisor = match rest.isqrt() {
        root if root * root == rest => root,
        _ => {
            // The smaller prime has half of the bits at most.
            let bits = (u64::BITS - rest.leading_zeros()).div_ceil(2);
            ecm::find_divisor(rest, bits, 0, CURVES, &Control::new()).ok()??
        }
    };
    let quotient = rest / divisor;
    let primes = [divisor.min(quotient), divisor.max(quotient)];
    let fits = |&prime: &u64| prime < instance.large_bound.into();
    primes
        .iter()
        .all(fits)
        .then(|| primes.map(|prime| prime as u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::natural::Natural;
    use crate::primality::is_prime;
    use crate::siqs::parameters::Parameters;

    /// Returns the first prime from `start` on.
    fn prime(start: u64) -> u64 {
        (start..).find(|&n| is_prime(n.into())).unwrap_or_default()
    }

    #[test]
    fn products_of_two_large_primes_below_the_bound_are_split() {
        let n: Natural = "369503144638782693794961917939723396921312984817285838723301"
            .parse()
            .unwrap();
        let parameters = Parameters {
            two_large: 1.8,
            ..Parameters::of(n.bits())
        };
        let instance = Instance::with(&n, parameters, &Control::new()).unwrap();
        let (largest, bound) = (
            u64::from(instance.base.largest()),
            u64::from(instance.large_bound),
        );
        // The smaller one first, whichever a curve has found.
        let split = |rest: u64| split(rest, &instance).map(|primes| primes.map(u64::from));
        let first = prime(largest + 1);
        for p in [first, prime(3 * largest), prime(bound / 3)] {
            for q in [prime(p + 1), prime(bound / 2), prime(bound - 2_000)] {
                assert_eq!(split(p * q), Some([p, q]), "{p} and {q}");
            }
            assert_eq!(split(p * p), Some([p, p]), "the square of {p}");
            assert_eq!(split(p), None, "{p} alone");
        }
        assert_eq!(
            split(prime(first * first)),
            None,
            "a prime beyond the base's square"
        );
        let too_large = prime(bound);
        assert_eq!(split(first * too_large), None, "one prime is {too_large}");
    }

    /// Of the products that are sieved for at 100 digits, none is lost.
    #[test]
    fn every_product_of_the_largest_sizes_is_split() {
        let n: Natural = "369503144638782693794961917939723396921312984817285838723301"
            .parse()
            .unwrap();
        let parameters = Parameters {
            base_len: 200_000,
            ..Parameters::of(330)
        };
        let instance = Instance::with(&n, parameters, &Control::new()).unwrap();
        let (least, bound) = (
            f64::from(instance.base.largest()),
            f64::from(instance.large_bound),
        );
        let mut share = 0.0;
        // As primes divide numbers: those of each size are equally often met.
        let mut next = || {
            share = (share + 0.618_033_988_7) % 1.0;
            prime((least * (bound / least).powf(share)) as u64 + 1)
        };
        let mut lost = 0;
        let mut count = 0;
        while count < 1_000 {
            let (p, q) = (next(), next());
            if p * q < instance.product_bound && p.max(q) < instance.large_bound.into() {
                count += 1;
                lost += usize::from(split(p * q, &instance).is_none());
            }
        }
        assert_eq!(lost, 0, "of {count}");
    }
}
