//! Pollard's rho method, in Brent's version.
//!
//! The sequence x -> x^2 + c modulo n enters a cycle modulo each prime p of n after some sqrt(p)
//! steps, long before it does modulo n. A difference of two terms, a cycle apart, is then divisible
//! by p. The differences are multiplied together, so that one gcd serves for many of them.
//!
//! Cost: some 2 sqrt(p) steps of two multiplications, where p is the smallest prime of n, by a
//! heuristic argument. That is up to some n^(1/4) for two primes of like size.
//!
//! Sources: John M. Pollard, "A Monte Carlo method for factorization", BIT 15 (1975); Richard P.
//! Brent, "An improved Monte Carlo factorization algorithm", BIT 20 (1980).

use crate::montgomery::Montgomery;
use crate::word::{Word, gcd_with_odd};

/// Differences for each gcd. A gcd costs some 20 multiplications. Measured: 32 is a little faster
/// for the article's numbers and a tenth slower from 64 bits on; 128 is the opposite.
const BATCH: u64 = 64;

/// Returns a divisor of `n` other than 1 and `n`.
///
/// `n` is odd, composite, not a square, and without very small factors.
pub(crate) fn find_divisor<W: Word>(n: W) -> W {
    let ring = Montgomery::new(n);
    let mut constant = W::ONE;
    loop {
        if let Some(divisor) = follow(&ring, constant) {
            return divisor;
        }
        constant = constant.wrapping_add(W::ONE);
    }
}

/// Follows one sequence x -> x^2 + constant; returns `None` if it closes its cycles modulo all
/// primes of n at the same step.
///
/// The constants 1, 2, ... are taken as residues: they are c = 1/R, 2/R, ... modulo n, which serve
/// as well as others.
fn follow<W: Word>(ring: &Montgomery<W>, constant: W) -> Option<W> {
    let mut term = ring.one();
    let mut product = ring.one();
    // Brent's search. The anchor is the term at the start of a lap. Laps double in length, so that
    // one of them is longer than the cycle and begins within it. Of the 2 * lap steps after the
    // anchor, the first half is not compared with it: shorter laps have covered those distances.
    let mut lap = BATCH;
    loop {
        let anchor = term;
        for _ in 0..lap {
            term = ring.square_add(term, constant);
        }
        let mut left = lap;
        while left > 0 {
            let batch_start = term;
            for _ in 0..BATCH {
                term = ring.square_add(term, constant);
                product = ring.mul(product, ring.sub(anchor, term));
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

/// Goes through a batch whose product was divisible by all of n again, with one gcd a step, up to
/// the first difference that has a common factor with n.
fn retrace<W: Word>(ring: &Montgomery<W>, constant: W, anchor: W, start: W) -> Option<W> {
    let n = ring.modulus();
    let mut term = start;
    loop {
        term = ring.square_add(term, constant);
        let shared = gcd_with_odd(ring.sub(anchor, term), n);
        if shared != W::ONE {
            return (shared != n).then_some(shared);
        }
    }
}

/// Sequences that are followed in step, each with its own constant.
const SEQUENCES: usize = 2;

/// The length of the first lap of [`quick_divisor`]. It is short, since most numbers that come
/// there have a prime of some 12 bits.
const FIRST_LAP: u32 = 32;

/// Returns a divisor of `n` other than 1 and `n`, if two sequences of some 2 `steps` find one.
///
/// The sequences are independent, and the processor overlaps their multiplications. With two of
/// them the first cycle closes a third sooner, in the time of one. `n` is odd, composite and below
/// 2^60.
pub(crate) fn quick_divisor(n: u64, steps: u32) -> Option<u64> {
    let ring = Montgomery::new(n);
    debug_assert!(ring.allows_lazy());
    let constants: [u64; SEQUENCES] = std::array::from_fn(|sequence| sequence as u64 + 1);
    let step = |terms: [u64; SEQUENCES]| -> [u64; SEQUENCES] {
        std::array::from_fn(|sequence| ring.lazy_square_add(terms[sequence], constants[sequence]))
    };
    let mut terms = [ring.one(); SEQUENCES];
    let mut lap = FIRST_LAP;
    while lap <= steps {
        let anchors = terms;
        for _ in 0..lap {
            terms = step(terms);
        }
        let mut products = [ring.one(); SEQUENCES];
        for index in 1..=lap {
            terms = step(terms);
            products = std::array::from_fn(|sequence| {
                let difference = ring.lazy_sub(anchors[sequence], terms[sequence]);
                ring.lazy_mul(products[sequence], difference)
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
            .filter(|&n: &u128| crate::primality::is_prime(n))
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
