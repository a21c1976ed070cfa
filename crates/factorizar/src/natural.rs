//! Natural numbers of any size: the integer type of factorizations above 2^128.
//!
//! A number is a list of 64-bit limbs, the least significant first, without leading zero limbs.
//! The algorithms are those of the schoolbook, which suit the sizes of this crate: some 2 to 52
//! limbs. Hot loops never use this type; they work modulo n on arrays
//! ([`limbs`](crate::montgomery::limbs)) or on bytes.
//!
//! Cost: linear for sums and shifts, quadratic for products, quotients, roots and decimal text.

pub(crate) mod arithmetic;
mod division;
mod roots;
mod text;

use std::cmp::Ordering;
use std::fmt;

/// A natural number of any size, zero included.
///
/// It is read from decimal text (`parse`), big-endian bytes or 64-bit limbs, and written in the
/// same forms.
///
/// ```
/// use factorizar::Natural;
///
/// let n: Natural = "340282366920938463463374607431768211456".parse()?;
/// assert_eq!(n, Natural::from_limbs(&[0, 0, 1]));
/// assert_eq!(n.to_be_bytes(), [&[1u8][..], &[0; 16]].concat());
/// assert_eq!(n.bits(), 129);
/// assert_eq!((&n * &n).isqrt(), n);
/// # Ok::<(), factorizar::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Natural {
    /// Invariant: the last limb, the most significant one, is not 0.
    limbs: Vec<u64>,
}

impl Natural {
    /// Decimal digits of the largest numbers that this crate factors.
    pub const MAX_DIGITS: usize = 1_000;

    /// Zero.
    pub const ZERO: Natural = Natural { limbs: Vec::new() };

    /// Creates a number from its limbs, the least significant first. Leading zeros are accepted.
    #[must_use]
    pub fn from_limbs(limbs: &[u64]) -> Self {
        Natural::from_vec(limbs.to_vec())
    }

    /// Creates a number from its limbs, and removes leading zeros.
    pub(crate) fn from_vec(mut limbs: Vec<u64>) -> Self {
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        Natural { limbs }
    }

    /// Returns the limbs, the least significant first: none for 0, and no leading zeros.
    #[must_use]
    pub fn as_limbs(&self) -> &[u64] {
        &self.limbs
    }

    /// Creates a number from its bytes, the most significant first. Leading zeros are accepted.
    #[must_use]
    pub fn from_be_bytes(bytes: &[u8]) -> Self {
        let limbs = bytes.rchunks(8).map(|chunk| {
            chunk
                .iter()
                .fold(0, |limb, &byte| limb << 8 | u64::from(byte))
        });
        Natural::from_vec(limbs.collect())
    }

    /// Returns the bytes, the most significant first: none for 0, and no leading zeros.
    #[must_use]
    pub fn to_be_bytes(&self) -> Vec<u8> {
        let limbs = self.limbs.iter().rev();
        let bytes: Vec<u8> = limbs.flat_map(|limb| limb.to_be_bytes()).collect();
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        bytes[zeros..].to_vec()
    }

    /// Returns the number if it is below 2^64.
    #[must_use]
    pub fn to_u64(&self) -> Option<u64> {
        match *self.limbs {
            [] => Some(0),
            [limb] => Some(limb),
            _ => None,
        }
    }

    /// Returns the number if it is below 2^128.
    #[must_use]
    pub fn to_u128(&self) -> Option<u128> {
        match *self.limbs {
            [low, high] => Some(u128::from(high) << 64 | u128::from(low)),
            _ => self.to_u64().map(u128::from),
        }
    }

    /// Returns the limbs in an array, or `None` if they do not fit.
    pub(crate) fn to_array<const L: usize>(&self) -> Option<[u64; L]> {
        let mut array = [0; L];
        array
            .get_mut(..self.limbs.len())?
            .copy_from_slice(&self.limbs);
        Some(array)
    }

    /// Returns the nearest number with a fraction of 53 bits, infinity beyond 2^1024.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        let limbs = self.limbs.iter().rev();
        limbs.fold(0.0, |sum, &limb| {
            sum * 18_446_744_073_709_551_616.0 + limb as f64
        })
    }

    /// Returns the natural logarithm, to some 50 bits; minus infinity for 0.
    #[must_use]
    pub fn ln(&self) -> f64 {
        let excess = self.bits().saturating_sub(128);
        (self >> excess).to_f64().ln() + excess as f64 * std::f64::consts::LN_2
    }

    /// Returns the number of bits: 0 for 0.
    #[must_use]
    pub fn bits(&self) -> u32 {
        match self.limbs.last() {
            None => 0,
            Some(limb) => 64 * self.limbs.len() as u32 - limb.leading_zeros(),
        }
    }

    /// Returns the bit of weight 2^`index`.
    #[must_use]
    pub fn bit(&self, index: u32) -> bool {
        let limb = self.limbs.get(index as usize / 64);
        limb.is_some_and(|limb| limb >> (index % 64) & 1 == 1)
    }

    /// Returns the number of zero bits below the lowest bit that is 1: 0 for 0.
    #[must_use]
    pub fn trailing_zeros(&self) -> u32 {
        let zeros = self.limbs.iter().take_while(|&&limb| limb == 0).count();
        let rest = self
            .limbs
            .get(zeros)
            .map_or(0, |limb| limb.trailing_zeros());
        if self.is_zero() {
            0
        } else {
            64 * zeros as u32 + rest
        }
    }

    /// Returns whether the number is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.limbs.is_empty()
    }

    /// Returns whether the number is 1.
    #[must_use]
    pub fn is_one(&self) -> bool {
        *self.limbs == [1]
    }

    /// Returns whether the number is odd.
    #[must_use]
    pub fn is_odd(&self) -> bool {
        self.bit(0)
    }
}

impl From<u64> for Natural {
    fn from(n: u64) -> Self {
        Natural::from_limbs(&[n])
    }
}

impl From<u32> for Natural {
    fn from(n: u32) -> Self {
        u64::from(n).into()
    }
}

impl From<u128> for Natural {
    fn from(n: u128) -> Self {
        Natural::from_limbs(&[n as u64, (n >> 64) as u64])
    }
}

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_len = self.limbs.len().cmp(&other.limbs.len());
        by_len.then_with(|| self.limbs.iter().rev().cmp(other.limbs.iter().rev()))
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Natural {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Natural({self})")
    }
}
