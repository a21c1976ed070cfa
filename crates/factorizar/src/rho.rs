//! A divisor of a composite number by Pollard's rho, in Brent's version.
//!
//! The sequence x -> x^2 + c modulo n enters a cycle modulo each prime p that divides n, after some
//! sqrt(p) steps, long before it does modulo n; a difference of two of its terms then shares p with
//! n. The differences are multiplied together, so that one gcd serves for a batch of them.
//!
//! Cost: some 2 sqrt(p) steps of two multiplications for the smallest prime p of n, by a heuristic
//! argument, so up to some n^(1/4) for two primes of like size.
//!
//! Sources: John M. Pollard, "A Monte Carlo method for factorization", BIT 15 (1975); Richard P.
//! Brent, "An improved Monte Carlo factorization algorithm", BIT 20 (1980).

use crate::montgomery::Montgomery;
use crate::word::{Word, gcd_with_odd};

/// Differences to one gcd. A gcd costs some 20 multiplications; measured, 32 is a little quicker for
/// the article's numbers and a tenth slower for 64 bits and more, and 128 the other way round.
const BATCH: u64 = 64;

/// A divisor of `n` other than 1 and n. `n` must be odd, composite and not a square, without very
/// small factors.
pub(crate) fn find_divisor<W: Word>(n: W) -> W {
    let ring = Montgomery::new(n);
    let mut constant = W::ONE;
    loop {
        // Fails only when the cycles modulo all primes of n close at the same step.
        if let Some(divisor) = attempt(&ring, constant) {
            return divisor;
        }
        constant = constant.wrapping_add(W::ONE);
    }
}

/// One walk, by x -> x^2 + constant. The constants are residues: 1, 2, ... stand for c = 1/R, 2/R,
/// ... modulo n, as good as any.
fn attempt<W: Word>(ring: &Montgomery<W>, constant: W) -> Option<W> {
    let mut walker = ring.one();
    let mut product = ring.one();
    let mut lap = BATCH;
    loop {
        let anchor = walker;
        for _ in 0..lap {
            walker = ring.square_add(walker, constant);
        }
        let mut left = lap;
        while left > 0 {
            let batch_start = walker;
            for _ in 0..BATCH {
                walker = ring.square_add(walker, constant);
                product = ring.mul(product, ring.sub(anchor, walker));
            }
            let shared = gcd_with_odd(product, ring.modulus());
            if shared == ring.modulus() {
                return retrace(ring, constant, anchor, batch_start);
            }
            if shared != W::ONE {
                return Some(shared);
            }
            left -= BATCH;
        }
        lap *= 2;
    }
}

/// Walks a batch that took in all of n again, one gcd a step, to the first difference that shares a
/// factor with n.
fn retrace<W: Word>(ring: &Montgomery<W>, constant: W, anchor: W, start: W) -> Option<W> {
    let n = ring.modulus();
    let mut walker = start;
    loop {
        walker = ring.square_add(walker, constant);
        let shared = gcd_with_odd(ring.sub(anchor, walker), n);
        if shared != W::ONE {
            return (shared != n).then_some(shared);
        }
    }
}

/// Walks that are taken together, each with its own constant.
const WALKS: usize = 2;

/// The first lap of [`quick_divisor`]: short, as most numbers that come there have a prime of some 12
/// bits.
const FIRST_LAP: u32 = 32;

/// A divisor of `n` other than 1 and n, if two walks of some 2 `steps` find one.
///
/// The walks are independent, and the core works on both at once: with two the first meeting comes
/// a third sooner, at the price of one. `n` must be odd, composite and below 2^60.
pub(crate) fn quick_divisor(n: u64, steps: u32) -> Option<u64> {
    let ring = Montgomery::new(n);
    debug_assert!(ring.allows_lazy());
    let constants: [u64; WALKS] = std::array::from_fn(|walk| walk as u64 + 1);
    let step = |walkers: [u64; WALKS]| -> [u64; WALKS] {
        std::array::from_fn(|walk| ring.lazy_square_add(walkers[walk], constants[walk]))
    };
    let mut walkers = [ring.one(); WALKS];
    let mut lap = FIRST_LAP;
    while lap <= steps {
        let anchors = walkers;
        for _ in 0..lap {
            walkers = step(walkers);
        }
        let mut products = [ring.one(); WALKS];
        for index in 1..=lap {
            walkers = step(walkers);
            products = std::array::from_fn(|walk| {
                let difference = ring.lazy_sub(anchors[walk], walkers[walk]);
                ring.lazy_mul(products[walk], difference)
            });
            if index % 64 == 0 || index == lap {
                let shared = gcd_with_odd(ring.lazy_mul(products[0], products[1]), n);
                if shared == n {
                    return None;
                }
                if shared != 1 {
                    return Some(shared);
                }
            }
        }
        lap *= 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(n: u128) {
        let found = find_divisor(n);
        assert!(
            n.is_multiple_of(found) && found != 1 && found != n,
            "{found} of {n}"
        );
        if let Ok(n) = u64::try_from(n) {
            let found = find_divisor(n);
            assert!(
                n.is_multiple_of(found) && found != 1 && found != n,
                "{found} of {n}"
            );
        }
    }

    #[test]
    fn every_product_of_two_primes_of_four_digits() {
        let primes: Vec<u128> = (1_031..2_000)
            .filter(|&n: &u128| crate::is_prime(n))
            .collect();
        for (index, p) in primes.iter().enumerate() {
            for q in &primes[index + 1..] {
                check(p * q);
            }
        }
    }

    #[test]
    fn composites_of_many_shapes() {
        for n in [
            1_031 * 1_031 * 1_031,
            1_031 * 1_033 * 1_039,
            54_767 * 5_861_507,
            4_294_967_291 * 4_294_967_279,
            4_294_967_291 * 1_031,
            2_097_143 * 2_097_143 * 2_097_143,
            1_000_003 * ((1 << 61) - 1),
            4_294_967_291 * ((1 << 89) - 1),
        ] {
            check(n);
        }
    }
}
