//! The choice of the algorithm that splits a composite number, by the number's size.
//!
//! | bits | algorithm |
//! | --- | --- |
//! | to 34 | Brent's rho |
//! | to 64, or 94 with AVX-512 IFMA | the elliptic-curve method |
//! | to 128 | some curves for small primes, then the quadratic sieve |
//!
//! Perfect powers are recognized first. docs/factorizar.md has the measurements behind the table.

pub(crate) mod natural;

use crate::control::{Control, StopReason};
use crate::simd::ifma;
use crate::{ecm, perfect_power, qs, rho};

/// Up to this size rho is faster than the first curves, and this number of steps nearly always
/// suffices.
const RHO_BITS: u32 = 34;
const RHO_STEPS: u32 = 8_192;

/// Up to this size the first pair of curves is for a prime of some 16 bits. Most composites that
/// trial division leaves have one; products of two primes of like size have not.
const SHORT_BITS: u32 = 46;
/// Size in bits of the prime, and number of curves.
const SHORT: (u32, usize) = (16, 2);

/// At least the number of curves that [`SHORT`] uses, which are not tried again: eight where the
/// processor computes eight at once.
const SHORT_CURVES_USED: usize = 8;

/// Far more curves than any number was seen to need.
const MAX_CURVES: usize = 2_000;

/// Curves before the quadratic sieve: from this size of n in bits on, for a prime of this size in
/// bits, this number of curves. They take a tenth of the sieve's time, and save the sieve for most
/// numbers that are not products of large primes.
const CURVES_BEFORE_SIEVE: [(u32, u32, usize); 3] = [(72, 20, 2), (92, 25, 4), (108, 30, 6)];

/// Up to this size eight curves in step are faster than the quadratic sieve.
const EIGHT_CURVES_BITS: u32 = 94;

/// Returns a divisor, other than 1 and `n`, of an odd composite `n` that has no prime factor below
/// 2^10.
pub(crate) fn find_divisor(n: u128, control: &Control) -> Result<u128, StopReason> {
    match u64::try_from(n) {
        Ok(n) => narrow(n, control).map(u128::from),
        Err(_) => wide(n, control),
    }
}

/// Does the work of [`find_divisor`] for 64 bits.
fn narrow(n: u64, control: &Control) -> Result<u64, StopReason> {
    let root = n.isqrt();
    if root * root == n {
        return Ok(root);
    }
    let bits = u64::BITS - n.leading_zeros();
    if bits <= RHO_BITS {
        let quick = rho::quick_divisor(n, RHO_STEPS);
        return Ok(quick.unwrap_or_else(|| rho::find_divisor(n)));
    }
    let mut skip = 0;
    if bits <= SHORT_BITS {
        let (prime, curves) = SHORT;
        if let Some(divisor) = ecm::find_divisor(n, prime, skip, curves, control)? {
            return Ok(divisor);
        }
        skip = SHORT_CURVES_USED;
    }
    if let Some(divisor) = ecm::find_divisor(n, bits.div_ceil(2), skip, MAX_CURVES, control)? {
        return Ok(divisor);
    }
    // The last resort, which was not seen to be needed. It has no bound on its time.
    Ok(rho::find_divisor(n))
}

/// Does the work of [`find_divisor`] from 65 bits on.
fn wide(n: u128, control: &Control) -> Result<u128, StopReason> {
    if let Some(root) = perfect_power::root(n) {
        return Ok(root);
    }
    let bits = u128::BITS - n.leading_zeros();
    let mut skip = 0;
    for (from, prime, curves) in CURVES_BEFORE_SIEVE {
        if bits >= from {
            if let Some(divisor) = ecm::find_divisor(n, prime, skip, curves, control)? {
                return Ok(divisor);
            }
            skip += curves;
        }
    }
    let curves = || ecm::find_divisor(n, bits.div_ceil(2), skip, MAX_CURVES, control);
    if bits <= EIGHT_CURVES_BITS
        && ifma::is_available()
        && let Some(divisor) = curves()?
    {
        return Ok(divisor);
    }
    if let Some(divisor) = qs::find_divisor(n, control)? {
        return Ok(divisor);
    }
    match curves()? {
        Some(divisor) => Ok(divisor),
        None => Ok(rho::find_divisor(n)),
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::time::Instant;

    use super::*;

    /// Returns products of two primes of like size, with the given number of bits.
    fn semiprimes(bits: u32, count: u128) -> Vec<u128> {
        let prime = |bits: u32, from: u128| {
            // Spread over the upper quarter, where the product of two has all bits.
            let spread = from * 0x9e37_79b9 % (1 << 32);
            let start = (3 << (bits - 2)) + ((spread << bits) >> 34);
            (start..)
                .find(|&n| crate::primality::is_prime(n))
                .unwrap_or(3)
        };
        (0..count)
            .map(|index| prime(bits / 2, index) * prime(bits - bits / 2, index + count))
            .collect()
    }

    /// Returns the mean over the numbers of the least time of some rounds, in microseconds.
    fn time(numbers: &[u128], work: impl Fn(u128)) -> f64 {
        let least = |n: &u128| {
            let rounds = (0..5).map(|_| {
                let start = Instant::now();
                work(black_box(*n));
                start.elapsed().as_secs_f64() * 1e6
            });
            rounds.fold(f64::MAX, f64::min)
        };
        numbers.iter().map(least).sum::<f64>() / numbers.len() as f64
    }

    #[test]
    #[ignore = "a measurement: cargo test --release -p factorizar crossovers -- --ignored --nocapture"]
    fn crossovers() {
        let control = Control::new();
        println!("bits    rho, 2 walks             ECM              QS    (microseconds)");
        for bits in (32..=96).step_by(4) {
            let numbers = semiprimes(bits, 40);
            let rho =
                (bits <= 60).then(|| time(&numbers, |n| _ = rho::quick_divisor(n as u64, 1 << 20)));
            let curves = time(&numbers, |n| match u64::try_from(n) {
                Ok(n) => _ = ecm::find_divisor(n, bits / 2, 0, MAX_CURVES, &control),
                Err(_) => _ = ecm::find_divisor(n, bits / 2, 0, MAX_CURVES, &control),
            });
            let sieve = (bits >= 60).then(|| time(&numbers, |n| _ = qs::find_divisor(n, &control)));
            let show = |time: Option<f64>| time.map_or("-".to_owned(), |time| format!("{time:.1}"));
            println!("{bits:4}{:>16}{curves:>16.1}{:>16}", show(rho), show(sieve));
        }
    }

    #[test]
    fn every_rung_gives_a_divisor() {
        for bits in 24..=100 {
            for n in semiprimes(bits, 3) {
                let divisor = find_divisor(n, &Control::new()).unwrap();
                assert!(
                    n.is_multiple_of(divisor) && divisor != 1 && divisor != n,
                    "{n}"
                );
            }
        }
    }
}
