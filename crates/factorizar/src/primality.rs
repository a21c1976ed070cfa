//! Primality tests.
//!
//! | n | test | answer |
//! | --- | --- | --- |
//! | below 2^20 | trial division | proof |
//! | below 4759123141 | Miller-Rabin to 3 bases (Jaeschke 1993) | proof |
//! | below 55245642489451 | Miller-Rabin to 4 bases (Izykowski and Panasiuk 2011) | proof |
//! | below 2^64 | Miller-Rabin to 7 bases (Sinclair 2011) | proof |
//! | below 3317044064679887385961981 | Miller-Rabin to the 13 first primes (Sorenson, Webster 2015) | proof |
//! | above | Baillie-PSW | "composite" is a proof; no composite is known that passes |
//!
//! Cost: one modular power for each base, some log2(n) multiplications; for Baillie-PSW about four
//! times that.
//!
//! Sources: Michael O. Rabin, "Probabilistic algorithm for testing primality", 1980; Gerhard
//! Jaeschke, "On strong pseudoprimes to several bases", 1993; Jim Sinclair's bases, 2011, checked
//! against Jan Feitsma's list of all base-2 pseudoprimes below 2^64; Jonathan Sorenson and Jonathan
//! Webster, "Strong pseudoprimes to twelve prime bases", arXiv 1509.00864, 2015; Robert Baillie and
//! Samuel S. Wagstaff, "Lucas pseudoprimes", 1980. The four bases are Wojciech Izykowski's and
//! Marcin Panasiuk's, 2011, checked against the same list.
//!
//! The powers of several bases are computed in step, so that the processor overlaps their
//! multiplications. Where there are more than four bases, base 2 is tried first: nearly every
//! composite fails it.

mod natural;

use crate::lucas;
use crate::montgomery::Montgomery;
use crate::trial_division;
use crate::word::Word;

/// Below this, three bases are a proof.
const THREE_BASES_BELOW: u64 = 4_759_123_141;
const THREE_BASES: [u64; 3] = [2, 7, 61];

/// Below this, four bases are a proof.
const FOUR_BASES_BELOW: u64 = 55_245_642_489_451;
const FOUR_BASES: [u64; 4] = [
    2,
    141_889_084_524_735,
    1_199_124_725_622_454_117,
    11_096_072_698_276_303_650,
];

/// Together with 2, a proof for every 64-bit number.
const SEVEN_BASES: [u64; 6] = [325, 9_375, 28_178, 450_775, 9_780_504, 1_795_265_022];

/// The smallest strong pseudoprime to 2 and all of [`THIRTEEN_BASES`]. Below it every answer is a
/// proof.
pub(crate) const PROVEN_BELOW: u128 = 3_317_044_064_679_887_385_961_981;
/// With 2, the first thirteen primes.
const THIRTEEN_BASES: [u64; 12] = [3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41];

/// Returns whether `n` is prime.
///
/// `false` is always a proof. `true` is a proof below 3317044064679887385961981 (some 2^81.5):
/// trial division, then Miller-Rabin to bases that are known to suffice. From there on `true` is
/// the answer of the Baillie-PSW test, a strong probable-prime test to base 2 and a strong Lucas
/// test. No composite of any size is known to pass it, but it is not proven that none exists.
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
        Ok(n) => trial_division::small_factor(n),
        Err(_) => trial_division::small_factor(n),
    };
    match small {
        Some(factor) => n == u128::from(factor),
        None => is_prime_past_trial(n),
    }
}

/// Returns whether `n` is prime, for an `n` above 1 without prime factors that trial division
/// finds.
pub(crate) fn is_prime_past_trial(n: u128) -> bool {
    if n < u128::from(trial_division::PRIME_BELOW) {
        return true;
    }
    if let Ok(n) = u64::try_from(n) {
        let ring = Montgomery::new(n);
        return if n < THREE_BASES_BELOW {
            are_strong_probable_primes(&ring, THREE_BASES)
        } else if n < FOUR_BASES_BELOW {
            are_strong_probable_primes(&ring, FOUR_BASES)
        } else {
            are_strong_probable_primes(&ring, [2]) && are_strong_probable_primes(&ring, SEVEN_BASES)
        };
    }
    let ring = Montgomery::new(n);
    if !are_strong_probable_primes(&ring, [2]) {
        false
    } else if n < PROVEN_BELOW {
        are_strong_probable_primes(&ring, THIRTEEN_BASES)
    } else {
        lucas::is_strong_probable_prime(&ring)
    }
}

/// Returns whether the modulus passes a round of Miller-Rabin for each base. No base is a multiple
/// of the modulus.
fn are_strong_probable_primes<W: Word, const L: usize>(
    ring: &Montgomery<W>,
    bases: [u64; L],
) -> bool {
    let one = ring.one();
    let two = ring.add(one, one);
    let bases = bases.map(|base| match base {
        2 => two,
        _ => ring.residue_of(base.into()),
    });
    let even = ring.modulus().wrapping_sub(W::ONE);
    let twos = even.trailing_zeros();
    let mut powers = ring.powers(bases, even.shr(twos));
    let mut passed = [false; L];
    for (passed, power) in passed.iter_mut().zip(&powers) {
        *passed = *power == one;
    }
    for turn in 0..twos {
        for (passed, power) in passed.iter_mut().zip(&mut powers) {
            *passed |= *power == ring.minus_one();
            if turn + 1 < twos && !*passed {
                *power = ring.mul(*power, *power);
            }
        }
    }
    passed == [true; L]
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
            let (pass, rest) = THIRTEEN_BASES.split_at(passed - 1);
            let passes = |base: &u64| are_strong_probable_primes(&ring, [*base]);
            assert!(passes(&2) && pass.iter().all(passes), "{n} passes {pass:?}");
            assert!(
                !rest.iter().all(passes) || rest.is_empty(),
                "{n} fails one of {rest:?}"
            );
            assert!(!is_prime(n), "{n}");
        }
    }

    #[test]
    fn small_numbers_are_prime_or_not() {
        let has_divisor = |n: u128| (2..n).any(|d| n.is_multiple_of(d));
        for n in 0..2_000 {
            assert_eq!(is_prime(n), n >= 2 && !has_divisor(n), "{n}");
        }
    }

    /// The largest prime below each limit, and the smallest above.
    #[test]
    fn primes_beside_each_limit_are_prime() {
        for n in [
            (1 << 20) - 3,
            (1 << 20) + 7,
            4_759_123_129,
            4_759_123_151,
            55_245_642_489_431,
            55_245_642_489_463,
            (1 << 64) - 59,
            (1 << 64) + 13,
            3_317_044_064_679_887_385_961_813,
            3_317_044_064_679_887_385_962_123,
            (1 << 127) - 1,
            u128::MAX - 158,
        ] {
            assert!(is_prime(n), "{n}");
            assert!(!is_prime(n - 1) && !is_prime(n + 1), "beside {n}");
        }
    }

    /// Products of two primes p and 5 p - 4, p and 2 p - 1; the last is Zhenxiang Zhang's, "Two
    /// kinds of strong pseudoprimes up to 10^36", 2007.
    #[test]
    fn strong_pseudoprimes_above_each_limit_are_not_prime() {
        fn passes<W: Word, const L: usize>(n: W, bases: [u64; L]) -> bool {
            are_strong_probable_primes(&Montgomery::new(n), bases)
        }

        let three = 41_017 * 205_081_u64;
        assert!(three > THREE_BASES_BELOW && passes(three, THREE_BASES));
        let four = 6_303_901 * 12_607_801_u64;
        assert!(four > FOUR_BASES_BELOW && passes(four, FOUR_BASES));
        let thirteen = 6_003_094_289_670_105_800_312_596_501_u128;
        assert!(thirteen > PROVEN_BELOW && passes(thirteen, [2]));
        assert!(passes(thirteen, THIRTEEN_BASES));
        for n in [three.into(), four.into(), thirteen] {
            assert!(!is_prime(n), "{n}");
        }
    }

    #[test]
    fn the_smallest_strong_pseudoprime_to_the_three_bases_is_not_prime() {
        assert_eq!(THREE_BASES_BELOW, 48_781 * 97_561);
        let ring = Montgomery::new(THREE_BASES_BELOW);
        assert!(are_strong_probable_primes(&ring, THREE_BASES));
        assert!(!is_prime(THREE_BASES_BELOW.into()));
    }

    #[test]
    fn the_limit_of_the_four_bases_is_their_smallest_pseudoprime() {
        let ring = Montgomery::new(FOUR_BASES_BELOW);
        assert!(are_strong_probable_primes(&ring, FOUR_BASES));
        assert!(!is_prime(FOUR_BASES_BELOW.into()));
    }

    #[test]
    fn both_widths_agree() {
        for n in (1_001..60_001u64).step_by(2) {
            let (narrow, wide) = (Montgomery::new(n), Montgomery::new(u128::from(n)));
            for base in [2, 3, 61] {
                let narrow = are_strong_probable_primes(&narrow, [base]);
                assert_eq!(
                    narrow,
                    are_strong_probable_primes(&wide, [base]),
                    "{n} to base {base}"
                );
            }
        }
    }
}
