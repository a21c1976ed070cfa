//! The factor base: 2 and the primes modulo which k n is a square, with constants for each of them.
//!
//! Each property has an array of its own. All arrays have the same length, a multiple of
//! [`GROUP_SIZE`], so that loops over them take several primes an instruction.
//!
//! Cost: a remainder of n and a Legendre symbol for each prime tried, a square root for each one
//! taken.

use crate::modular::{is_residue, mul, remainder, square_root};
use crate::small_primes::SMALL_PRIMES;
use crate::word::inverse_of_odd;

/// Primes that a loop takes together. The arrays are padded to whole groups.
pub(super) const GROUP_SIZE: usize = 16;

/// The position of a prime that is not to be looked for: not a residue of any prime, and behind
/// every interval.
pub(super) const NO_POSITION: i16 = i16::MAX;

/// The primes that a relation may have, with constants for each.
#[derive(Debug)]
pub(super) struct FactorBase {
    /// The number of primes without padding. The first is 2.
    pub(super) len: usize,
    /// The primes, ascending. They are below 2^14, so that twice a prime fits an `i16`.
    pub(super) primes: Vec<i16>,
    /// A square root of k n modulo each prime; 0 for primes that divide k.
    pub(super) roots: Vec<u16>,
    /// 2^16 / p, rounded down.
    pub(super) reciprocals: Vec<u16>,
    /// log2 p, rounded to an integer.
    pub(super) logs: Vec<u8>,
    /// The inverse of each prime modulo 2^128, by which exact divisions are multiplications.
    inverses: Vec<u128>,
    /// The largest exact quotient for each prime, (2^128 - 1) / p.
    limits: Vec<u128>,
}

impl FactorBase {
    /// Creates the base of the first `len` primes for `n` and its multiplier.
    ///
    /// # Errors
    ///
    /// A prime that divides `n`, if one of those tried does.
    pub(super) fn new(n: u128, multiplier: u16, len: usize) -> Result<Self, u128> {
        let padded = len.next_multiple_of(GROUP_SIZE);
        let mut base = FactorBase {
            len: 1,
            primes: vec![3; padded],
            roots: vec![0; padded],
            reciprocals: vec![21_845; padded],
            logs: vec![0; padded],
            inverses: vec![1; padded],
            limits: vec![0; padded],
        };
        base.primes[0] = 2;
        for &p in &SMALL_PRIMES[1..] {
            if base.len == len {
                break;
            }
            let rest = remainder(n, p);
            if rest == 0 {
                return Err(p.into());
            }
            let square = mul(rest, multiplier % p, p);
            if square == 0 || is_residue(square.into(), p.into()) {
                base.push(p, square);
            }
        }
        Ok(base)
    }

    /// Appends a prime, for the remainder of k n modulo it.
    fn push(&mut self, p: u16, square: u16) {
        let index = self.len;
        self.primes[index] = p as i16;
        self.roots[index] = if square == 0 {
            0
        } else {
            square_root(square, p)
        };
        self.reciprocals[index] = (65_536 / u32::from(p)) as u16;
        self.logs[index] = f32::from(p).log2().round() as u8;
        self.inverses[index] = inverse_of_odd(p.into());
        self.limits[index] = u128::MAX / u128::from(p);
        self.len += 1;
    }

    /// Returns the prime of an index.
    pub(super) fn prime(&self, index: usize) -> u16 {
        self.primes[index] as u16
    }

    /// Returns `n` divided by an odd prime that is known to divide it.
    #[inline]
    pub(super) fn quotient(&self, n: u128, index: usize) -> u128 {
        n.wrapping_mul(self.inverses[index])
    }

    /// Returns `n` divided by an odd prime, if the division is exact.
    #[inline]
    pub(super) fn divide(&self, n: u128, index: usize) -> Option<u128> {
        let quotient = self.quotient(n, index);
        (quotient <= self.limits[index]).then_some(quotient)
    }
}
