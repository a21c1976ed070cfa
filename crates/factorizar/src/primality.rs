//! Whether a number is prime.
//!
//! | n | test | answer |
//! | --- | --- | --- |
//! | below 2^20 | trial division | proof |
//! | below 4759123141 | Miller-Rabin to 3 bases (Jaeschke 1993) | proof |
//! | below 2^64 | Miller-Rabin to 7 bases (Sinclair 2011) | proof |
//! | below 3317044064679887385961981 | Miller-Rabin to the 13 first primes (Sorenson, Webster 2015) | proof |
//! | below 2^128 | Baillie-PSW | a composite is always composite; no composite is known that passes |
//!
//! Cost: one modular power, some log2(n) multiplications, a base; for Baillie-PSW, about four.
//!
//! Sources: Michael O. Rabin, "Probabilistic algorithm for testing primality", 1980; Gerhard
//! Jaeschke, "On strong pseudoprimes to several bases", 1993; Jim Sinclair's bases, 2011, checked
//! against Jan Feitsma's list of all base-2 pseudoprimes below 2^64; Jonathan Sorenson and Jonathan
//! Webster, "Strong pseudoprimes to twelve prime bases", arXiv 1509.00864, 2015; Robert Baillie and
//! Samuel S. Wagstaff, "Lucas pseudoprimes", 1980.

use crate::lucas;
use crate::montgomery::Montgomery;
use crate::trial;
use crate::word::Word;

/// Up to here three bases are a proof.
const THREE_BASES_BELOW: u64 = 4_759_123_141;
const THREE_BASES: [u64; 3] = [2, 7, 61];

/// A proof for every 64-bit number.
const SEVEN_BASES: [u64; 7] = [2, 325, 9_375, 28_178, 450_775, 9_780_504, 1_795_265_022];

/// The smallest strong pseudoprime to all of [`THIRTEEN_BASES`]: below it every answer is a proof.
pub(crate) const PROVEN_BELOW: u128 = 3_317_044_064_679_887_385_961_981;
const THIRTEEN_BASES: [u64; 13] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41];

/// Whether `n` is prime.
///
/// `false` is always a proof. `true` is a proof below 3317044064679887385961981 (some 2^81.5): trial
/// division, then Miller-Rabin to bases that are known to suffice. From there on `true` is the
/// Baillie-PSW test's, a strong probable-prime test to base 2 and a strong Lucas test: no composite
/// of any size is known to pass it, but none is proven not to exist.
///
/// The answer depends on `n` alone: no base is drawn at random.
///
/// Sources: Sorenson and Webster, "Strong pseudoprimes to twelve prime bases", 2015; Baillie and
/// Wagstaff, "Lucas pseudoprimes", 1980.
///
/// ```
/// use factorizar::is_prime;
///
/// assert!(is_prime(23_434_252_232_441));
/// assert!(is_prime((1 << 127) - 1));
/// assert!(!is_prime(u128::MAX));
/// ```
#[must_use]
pub fn is_prime(n: u128) -> bool {
    if n < 2 {
        return false;
    }
    let small = match u64::try_from(n) {
        Ok(n) => trial::small_factor(n),
        Err(_) => trial::small_factor(n),
    };
    match small {
        Some(factor) => n == u128::from(factor),
        None => is_prime_past_trial(n),
    }
}

/// Whether `n`, which trial division left and is not 1, is prime.
pub(crate) fn is_prime_past_trial(n: u128) -> bool {
    if n < u128::from(trial::PRIME_BELOW) {
        return true;
    }
    if let Ok(n) = u64::try_from(n) {
        let bases: &[u64] = if n < THREE_BASES_BELOW {
            &THREE_BASES
        } else {
            &SEVEN_BASES
        };
        return passes_all(&Montgomery::new(n), bases);
    }
    let ring = Montgomery::new(n);
    if n < PROVEN_BELOW {
        passes_all(&ring, &THIRTEEN_BASES)
    } else {
        is_strong_probable_prime(&ring, 2) && lucas::is_strong_probable_prime(&ring)
    }
}

fn passes_all<W: Word>(ring: &Montgomery<W>, bases: &[u64]) -> bool {
    bases
        .iter()
        .all(|&base| is_strong_probable_prime(ring, base))
}

/// One round of Miller-Rabin. The base must be below the modulus and not zero.
fn is_strong_probable_prime<W: Word>(ring: &Montgomery<W>, base: u64) -> bool {
    let even = ring.modulus().wrapping_sub(W::ONE);
    let twos = even.trailing_zeros();
    let mut power = ring.pow(ring.residue(base), even.shr(twos));
    if power == ring.one() {
        return true;
    }
    for _ in 1..twos {
        if power == ring.minus_one() {
            return true;
        }
        power = ring.mul(power, power);
    }
    power == ring.minus_one()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest strong pseudoprimes to the k first prime bases (OEIS A014233), with k.
    const PSI: [(u128, usize); 10] = [
        (2_047, 1),
        (1_373_653, 2),
        (25_326_001, 3),
        (3_215_031_751, 4),
        (2_152_302_898_747, 5),
        (3_474_749_660_383, 6),
        (341_550_071_728_321, 8),
        (3_825_123_056_546_413_051, 11),
        (318_665_857_834_031_151_167_461, 12),
        (3_317_044_064_679_887_385_961_981, 13),
    ];

    #[test]
    fn the_smallest_strong_pseudoprimes_pass_their_bases_and_are_not_prime() {
        for (n, passed) in PSI {
            let ring = Montgomery::new(n);
            let (pass, rest) = THIRTEEN_BASES.split_at(passed);
            assert!(passes_all(&ring, pass), "{n} passes {pass:?}");
            assert!(
                !passes_all(&ring, rest) || rest.is_empty(),
                "{n} fails one of {rest:?}"
            );
            assert!(!is_prime(n), "{n}");
        }
    }

    #[test]
    fn the_smallest_strong_pseudoprime_to_the_three_bases_is_not_prime() {
        assert_eq!(THREE_BASES_BELOW, 48_781 * 97_561);
        assert!(passes_all(
            &Montgomery::new(THREE_BASES_BELOW),
            &THREE_BASES
        ));
        assert!(!is_prime(THREE_BASES_BELOW.into()));
    }

    #[test]
    fn both_widths_agree() {
        for n in (1_001..60_001u64).step_by(2) {
            let (narrow, wide) = (Montgomery::new(n), Montgomery::new(u128::from(n)));
            for base in [2, 3, 61] {
                let narrow = is_strong_probable_prime(&narrow, base);
                assert_eq!(
                    narrow,
                    is_strong_probable_prime(&wide, base),
                    "{n} to base {base}"
                );
            }
        }
    }
}
