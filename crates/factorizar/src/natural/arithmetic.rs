//! Sums, differences, products, powers and shifts of natural numbers, by the schoolbook.
//!
//! Cost: the length in limbs, and for products the product of both lengths.

use std::ops::{Add, Mul, Shl, Shr};

use crate::natural::Natural;

/// Returns `a + b + carry` and the new carry.
#[inline(always)]
pub(crate) fn add_with_carry(a: u64, b: u64, carry: bool) -> (u64, bool) {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(u64::from(carry));
    (sum, first | second)
}

/// Returns `a - b - borrow` and the new borrow.
#[inline(always)]
pub(crate) fn sub_with_borrow(a: u64, b: u64, borrow: bool) -> (u64, bool) {
    let (difference, first) = a.overflowing_sub(b);
    let (difference, second) = difference.overflowing_sub(u64::from(borrow));
    (difference, first | second)
}

/// Returns the low and the high limb of `a * b + c + carry`, which never overflows.
#[inline(always)]
pub(crate) fn mul_add(a: u64, b: u64, c: u64, carry: u64) -> (u64, u64) {
    let sum = u128::from(a) * u128::from(b) + u128::from(c) + u128::from(carry);
    (sum as u64, (sum >> 64) as u64)
}

impl Natural {
    /// Returns `self - other`, or `None` if that is negative.
    #[must_use]
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        let mut limbs = self.limbs.clone();
        (!subtract(&mut limbs, &other.limbs)).then(|| Natural::from_vec(limbs))
    }

    /// Returns the difference of the two numbers.
    #[must_use]
    pub fn abs_diff(&self, other: &Self) -> Self {
        let (larger, smaller) = if self < other {
            (other, self)
        } else {
            (self, other)
        };
        larger.checked_sub(smaller).unwrap_or_default()
    }

    /// Returns `self * factor + term`.
    #[must_use]
    pub fn mul_add_u64(&self, factor: u64, term: u64) -> Self {
        let mut limbs = Vec::with_capacity(self.limbs.len() + 1);
        let mut carry = term;
        for &limb in &self.limbs {
            let low;
            (low, carry) = mul_add(limb, factor, carry, 0);
            limbs.push(low);
        }
        limbs.push(carry);
        Natural::from_vec(limbs)
    }

    /// Returns the power with a small exponent.
    #[must_use]
    pub fn pow(&self, exponent: u32) -> Self {
        let mut power = Natural::from(1u64);
        for index in (0..u32::BITS - exponent.leading_zeros()).rev() {
            power = &power * &power;
            if exponent >> index & 1 == 1 {
                power = &power * self;
            }
        }
        power
    }
}

/// Subtracts `other` in place. Returns whether the difference is negative, as it is if `other` is
/// longer and not led by zeros.
pub(super) fn subtract(limbs: &mut [u64], other: &[u64]) -> bool {
    let mut borrow = false;
    for (index, limb) in limbs.iter_mut().enumerate() {
        let subtrahend = other.get(index).copied().unwrap_or(0);
        (*limb, borrow) = sub_with_borrow(*limb, subtrahend, borrow);
    }
    let rest = other.get(limbs.len()..).unwrap_or_default();
    borrow || rest.iter().any(|&limb| limb != 0)
}

/// Returns room for the product of two numbers.
fn zeros(one: &Natural, other: &Natural) -> Vec<u64> {
    vec![0; one.limbs.len() + other.limbs.len()]
}

impl Add for &Natural {
    type Output = Natural;

    fn add(self, other: &Natural) -> Natural {
        let len = self.limbs.len().max(other.limbs.len());
        let limb = |of: &Natural, index: usize| of.limbs.get(index).copied().unwrap_or(0);
        let mut limbs = Vec::with_capacity(len + 1);
        let mut carry = false;
        for index in 0..len {
            let sum;
            (sum, carry) = add_with_carry(limb(self, index), limb(other, index), carry);
            limbs.push(sum);
        }
        limbs.push(carry.into());
        Natural::from_vec(limbs)
    }
}

impl Mul for &Natural {
    type Output = Natural;

    fn mul(self, other: &Natural) -> Natural {
        let mut product = zeros(self, other);
        for (shift, &factor) in self.limbs.iter().enumerate() {
            let mut carry = 0;
            let (row, rest) = product[shift..].split_at_mut(other.limbs.len());
            for (limb, &other) in row.iter_mut().zip(&other.limbs) {
                (*limb, carry) = mul_add(factor, other, *limb, carry);
            }
            if let Some(limb) = rest.first_mut() {
                *limb = carry;
            }
        }
        Natural::from_vec(product)
    }
}

impl Shl<u32> for &Natural {
    type Output = Natural;

    fn shl(self, bits: u32) -> Natural {
        let mut limbs = vec![0; bits as usize / 64];
        let bits = bits % 64;
        let mut below = 0;
        for &limb in &self.limbs {
            limbs.push(limb << bits | below);
            // In two steps, since a shift by 64 is not defined.
            below = limb >> 1 >> (63 - bits);
        }
        limbs.push(below);
        Natural::from_vec(limbs)
    }
}

impl Shr<u32> for &Natural {
    type Output = Natural;

    fn shr(self, bits: u32) -> Natural {
        let kept = self.limbs.get(bits as usize / 64..).unwrap_or_default();
        let bits = bits % 64;
        let above = kept.iter().skip(1).copied().chain([0]);
        let limbs = kept.iter().zip(above);
        Natural::from_vec(
            limbs
                .map(|(&limb, above)| limb >> bits | above << 1 << (63 - bits))
                .collect(),
        )
    }
}
