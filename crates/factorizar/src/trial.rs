//! Trial division by the primes below 1024.
//!
//! Whether an odd p divides n takes one multiplication: n times the inverse of p modulo 2^k is the
//! quotient when the division is exact, and above (2^k - 1) / p when it is not. 171 such
//! multiplications at most, and they leave no factor that rho would be slow to separate.
//!
//! Source: Torbjörn Granlund and Peter L. Montgomery, "Division by invariant integers using
//! multiplication", PLDI 1994, section 9.

use crate::word::Word;

/// Every prime below it is divided out.
const BOUND: u64 = 1 << 10;

/// A number from 2 to below this that no prime below [`BOUND`] divides is prime.
pub(crate) const PRIME_BELOW: u64 = BOUND * BOUND;

/// Odd primes below [`BOUND`].
const COUNT: usize = 171;

/// Primes that are tried before looking whether one of them divides.
const GROUP: usize = 9;

/// An odd prime, and how to divide numbers of one width by it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Divisor<W> {
    prime: u64,
    /// The inverse of the prime modulo 2^BITS.
    inverse: W,
    /// The largest exact quotient, (2^BITS - 1) / p.
    limit: W,
}

impl<W: Word> Divisor<W> {
    /// `n` divided by the prime, if that is exact.
    #[inline]
    fn divide(&self, n: W) -> Option<W> {
        let quotient = n.wrapping_mul(self.inverse);
        (quotient <= self.limit).then_some(quotient)
    }
}

/// A width that there is a table for.
pub(crate) trait Divide: Word + 'static {
    /// The odd primes below [`BOUND`].
    const DIVISORS: &'static [Divisor<Self>; COUNT];
}

impl Divide for u64 {
    const DIVISORS: &'static [Divisor<u64>; COUNT] = &NARROW;
}

impl Divide for u128 {
    const DIVISORS: &'static [Divisor<u128>; COUNT] = &WIDE;
}

static WIDE: [Divisor<u128>; COUNT] = divisors();

/// The halves of [`WIDE`]: the low one of an inverse, the high one of a limit.
static NARROW: [Divisor<u64>; COUNT] = narrow(&divisors());

/// Divides the primes below [`BOUND`] out of `n`, above zero, and appends them to `primes` in
/// ascending order. What is left is 1, a prime, or a number all of whose prime factors are above
/// [`BOUND`].
pub(crate) fn divide_out(n: u128, primes: &mut Vec<u128>) -> u128 {
    let twos = n.trailing_zeros();
    primes.extend((0..twos).map(|_| 2));
    let odd = n >> twos;
    match u64::try_from(odd) {
        Ok(odd) => divide_out_odd(odd, primes).into(),
        Err(_) => divide_out_odd(odd, primes),
    }
}

fn divide_out_odd<W: Divide>(odd: W, primes: &mut Vec<u128>) -> W {
    let mut rest = odd;
    for group in W::DIVISORS.chunks(GROUP) {
        if rest < W::from(group[0].prime * group[0].prime) {
            break;
        }
        // Most groups divide nothing: one branch for all of its primes, and none waits for another.
        let divides = |divisor: &Divisor<W>| divisor.divide(rest).is_some();
        if !group
            .iter()
            .fold(false, |any, divisor| any | divides(divisor))
        {
            continue;
        }
        for divisor in group {
            if rest < W::from(divisor.prime * divisor.prime) {
                return rest;
            }
            while let Some(quotient) = divisor.divide(rest) {
                primes.push(divisor.prime.into());
                rest = quotient;
            }
        }
    }
    rest
}

/// The smallest prime factor of `n`, above zero, if that is below [`BOUND`].
pub(crate) fn small_factor<W: Divide>(n: W) -> Option<u64> {
    if !n.bit(0) {
        return Some(2);
    }
    W::DIVISORS
        .iter()
        .find(|divisor| divisor.divide(n).is_some())
        .map(|divisor| divisor.prime)
}

/// The table, worked out by the compiler.
const fn divisors() -> [Divisor<u128>; COUNT] {
    let mut table = [Divisor {
        prime: 0,
        inverse: 0,
        limit: 0,
    }; COUNT];
    let mut filled = 0;
    let mut candidate = 3;
    while candidate < BOUND {
        if is_new_prime(candidate, &table, filled) {
            table[filled] = Divisor {
                prime: candidate,
                inverse: inverse(candidate as u128),
                limit: u128::MAX / candidate as u128,
            };
            filled += 1;
        }
        candidate += 2;
    }
    assert!(
        filled == COUNT,
        "COUNT is not the number of odd primes below BOUND"
    );
    table
}

const fn narrow(wide: &[Divisor<u128>; COUNT]) -> [Divisor<u64>; COUNT] {
    let mut table = [Divisor {
        prime: 0,
        inverse: 0,
        limit: 0,
    }; COUNT];
    let mut index = 0;
    while index < COUNT {
        table[index] = Divisor {
            prime: wide[index].prime,
            inverse: wide[index].inverse as u64,
            limit: (wide[index].limit >> 64) as u64,
        };
        index += 1;
    }
    table
}

const fn is_new_prime(candidate: u64, table: &[Divisor<u128>; COUNT], filled: usize) -> bool {
    let mut index = 0;
    while index < filled {
        if candidate.is_multiple_of(table[index].prime) {
            return false;
        }
        index += 1;
    }
    true
}

/// The inverse of an odd `p` modulo 2^128: Newton's iteration, from the 3 bits that p itself has
/// right to 6, 12, 24, 48, 96 and past 128.
const fn inverse(p: u128) -> u128 {
    let mut inverse = p;
    let mut turn = 0;
    while turn < 6 {
        inverse = inverse.wrapping_mul(2u128.wrapping_sub(p.wrapping_mul(inverse)));
        turn += 1;
    }
    inverse
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

    #[test]
    fn what_is_divided_out_and_what_is_left() {
        let cases: [(u128, &[u128], u128); 10] = [
            (1, &[], 1),
            (2, &[2], 1),
            (1 << 127, &[2; 127], 1),
            (360, &[2, 2, 2, 3, 3], 5),
            (1021 * 1021, &[1021, 1021], 1),
            (1019 * 1021, &[1019], 1021),
            (1019 * 1019 * 1021, &[1019, 1019], 1021),
            (1021 * 1031, &[1021], 1031),
            (1031 * 1031, &[], 1031 * 1031),
            (3 * ((1 << 89) - 1), &[3], (1 << 89) - 1),
        ];
        for (n, primes, rest) in cases {
            let mut found = Vec::new();
            assert_eq!(divide_out(n, &mut found), rest, "{n}");
            assert_eq!(found, primes, "{n}");
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
