//! Trial division by the primes below 1024, or below 8192 where vector instructions make it cheap.
//!
//! An odd p is tested with one multiplication: n times the inverse of p modulo 2^k is the quotient
//! if the division is exact, and above (2^k - 1) / p if it is not. Where the processor has AVX2 and
//! n is below 2^50, the primes from 157 on are tested by a floating-point multiplication each, four
//! at once ([`divisibility`]). Each prime found here need not be found by rho or a curve.
//!
//! Cost: 5 instructions a prime in integers, 1.5 with AVX2.
//!
//! Source: Torbjörn Granlund and Peter L. Montgomery, "Division by invariant integers using
//! multiplication", PLDI 1994, section 9.

mod prime_table;

use crate::simd::divisibility;
use crate::word::Word;
use prime_table::{BOUND, Divisor, GROUPS, NARROW, SCALAR_PRIMES, VECTOR_BOUND, WIDE};

/// A number from 2 to below this is prime if no prime below [`BOUND`] divides it.
pub(crate) const PRIME_BELOW: u64 = BOUND * BOUND;

/// Primes that are tested before the first branch on whether one of them divides.
const PRIMES_PER_BRANCH: usize = 7;

/// An integer width with a table of primes.
pub(crate) trait Divide: Word + 'static {
    /// Returns the odd primes below [`BOUND`].
    fn divisors() -> &'static [Divisor<Self>];
}

impl Divide for u64 {
    fn divisors() -> &'static [Divisor<u64>] {
        &NARROW[..WIDE.len()]
    }
}

impl Divide for u128 {
    fn divisors() -> &'static [Divisor<u128>] {
        &WIDE
    }
}

/// The cofactor that trial division leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rest {
    /// 1, or a number without the primes that were tried.
    pub(crate) number: u128,
    /// A divisor of `number` that is above 1 and below this is prime.
    pub(crate) prime_below: u64,
}

/// Divides the small primes out of `n`, which is above zero, and appends them to `primes`,
/// ascending.
pub(crate) fn divide_out(n: u128, primes: &mut Vec<u128>) -> Rest {
    let twos = n.trailing_zeros();
    primes.extend((0..twos).map(|_| 2));
    let odd = n >> twos;
    let (number, prime_below) = match u64::try_from(odd) {
        Ok(odd) if odd < divisibility::LIMIT && divisibility::is_fast() => (
            divide_out_vectors(odd, primes).into(),
            VECTOR_BOUND * VECTOR_BOUND,
        ),
        Ok(odd) => (
            divide_out_odd(odd, u64::divisors(), primes).into(),
            PRIME_BELOW,
        ),
        Err(_) => (divide_out_odd(odd, u128::divisors(), primes), PRIME_BELOW),
    };
    Rest {
        number,
        prime_below,
    }
}

/// Divides out the primes of `divisors`, up to the square root of what is left.
fn divide_out_odd<W: Word>(odd: W, divisors: &[Divisor<W>], primes: &mut Vec<u128>) -> W {
    let mut rest = odd;
    for group in divisors.chunks(PRIMES_PER_BRANCH) {
        if rest < W::from(group[0].prime * group[0].prime) {
            break;
        }
        // Most groups have no divisor: there is one branch for the whole group, and no test waits
        // for another.
        let divides = |divisor: &Divisor<W>| divisor.divide(rest).is_some();
        if group
            .iter()
            .fold(false, |any, divisor| any | divides(divisor))
        {
            rest = divide_out_each(rest, group, primes);
        }
    }
    rest
}

/// Divides out all primes below [`VECTOR_BOUND`], up to the square root of what is left. `odd` is
/// below [`divisibility::LIMIT`].
fn divide_out_vectors(odd: u64, primes: &mut Vec<u128>) -> u64 {
    let (scalar, vectors) = NARROW.split_at(SCALAR_PRIMES);
    let mut rest = divide_out_odd(odd, scalar, primes);
    let mut groups = GROUPS.iter().as_slice();
    let mut divisors = vectors;
    while let Some(index) = divisibility::find(rest, groups) {
        let group;
        (group, divisors) =
            divisors[index * divisibility::GROUP_SIZE..].split_at(divisibility::GROUP_SIZE);
        rest = divide_out_each(rest, group, primes);
        groups = &groups[index + 1..];
    }
    rest
}

/// Divides by each of `divisors` as often as the division is exact.
fn divide_out_each<W: Word>(n: W, divisors: &[Divisor<W>], primes: &mut Vec<u128>) -> W {
    let mut rest = n;
    for divisor in divisors {
        while let Some(quotient) = divisor.divide(rest) {
            primes.push(divisor.prime.into());
            rest = quotient;
        }
    }
    rest
}

/// Returns the smallest prime factor of `n`, which is above zero, if it is below [`BOUND`].
pub(crate) fn small_factor<W: Divide>(n: W) -> Option<u64> {
    if !n.bit(0) {
        return Some(2);
    }
    W::divisors()
        .iter()
        .find(|divisor| divisor.divide(n).is_some())
        .map(|divisor| divisor.prime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_division_is_exact_or_none() {
        for (divisor, wide) in NARROW.iter().zip(&WIDE) {
            let p = divisor.prime;
            for n in (0..3 * p).chain(u64::MAX - 3 * p..=u64::MAX) {
                assert_eq!(
                    divisor.divide(n),
                    n.is_multiple_of(p).then_some(n / p),
                    "{n} / {p}"
                );
                let (n, p) = (u128::MAX - u128::from(u64::MAX - n), u128::from(p));
                assert_eq!(
                    wide.divide(n),
                    n.is_multiple_of(p).then_some(n / p),
                    "{n} / {p}"
                );
            }
        }
    }

    /// Moves what is left to the primes found if it is known to be prime, so that two ways of
    /// dividing can be compared.
    fn settle(left: u128, mut found: Vec<u128>, prime_below: u64) -> (u128, Vec<u128>) {
        if left == 1 || left >= prime_below.into() {
            return (left, found);
        }
        found.push(left);
        (1, found)
    }

    #[test]
    fn what_is_divided_out_and_what_is_left() {
        let cases: [(u128, &[u128], u128); 10] = [
            (1, &[], 1),
            (2, &[2], 1),
            (1 << 127, &[2; 127], 1),
            (360, &[2, 2, 2, 3, 3, 5], 1),
            (1021 * 1021, &[1021, 1021], 1),
            (1019 * 1021, &[1019, 1021], 1),
            (1019 * 1019 * 1021, &[1019, 1019, 1021], 1),
            (1021 * 8209, &[1021, 8209], 1),
            (8209 * 8209, &[], 8209 * 8209),
            (3 * ((1 << 89) - 1), &[3], (1 << 89) - 1),
        ];
        for (n, primes, left) in cases {
            let mut found = Vec::new();
            let rest = divide_out(n, &mut found);
            let settled = settle(rest.number, found, rest.prime_below);
            assert_eq!(settled, (left, primes.to_vec()), "{n}");
        }
    }

    /// The vectors go to 8192, and are right with or without their instructions.
    #[test]
    fn vectors_divide_as_integers_do() {
        let check = |n: u64| {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            let left = divide_out_odd(n, &NARROW, &mut one).into();
            let same = divide_out_vectors(n, &mut other).into();
            let below = VECTOR_BOUND * VECTOR_BOUND;
            assert_eq!(settle(same, other, below), settle(left, one, below), "{n}");
            let plainly = divisibility::find_portable(n, &GROUPS);
            assert_eq!(divisibility::find(n, &GROUPS), plainly, "{n}");
        };
        let most = divisibility::LIMIT - 1;
        for divisor in &NARROW {
            let p = divisor.prime;
            let largest = most / p - u64::from((most / p).is_multiple_of(2));
            for n in [
                p,
                p * p,
                p * p * p,
                p * largest,
                p * largest - 2,
                p * 1_048_583,
            ] {
                check(n);
            }
        }
        for n in (most - 20_000..=most).step_by(2) {
            check(n);
        }
        for n in (1..20_000).step_by(2) {
            check(n);
        }
    }

    #[test]
    fn the_smallest_factor() {
        let cases = [
            (1u64, None),
            (2, Some(2)),
            (3, Some(3)),
            (1021, Some(1021)),
            (1031, None),
            (1021 * 1031, Some(1021)),
            (1031 * 1033, None),
        ];
        for (n, factor) in cases {
            assert_eq!(small_factor(n), factor, "{n}");
            assert_eq!(small_factor(u128::from(n)), factor, "{n}");
        }
    }
}
