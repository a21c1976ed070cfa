//! Signed integers of 256 bits: the values of the polynomials.
//!
//! A value has some half of the bits of n and the interval's, so 256 suffice for the numbers that
//! the sieve takes ([`MAX_BITS`](super::MAX_BITS)). Cost: a few instructions an operation.

use crate::natural::Natural;
use crate::natural::arithmetic::{add_with_carry, mul_add};

/// Limbs of a value.
const LIMBS: usize = 4;

/// An integer modulo 2^256 that stands for one from -2^255 to 2^255 - 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Value([u64; LIMBS]);

impl Value {
    /// Returns the value of a natural number, modulo 2^256.
    pub(super) fn of(number: &Natural) -> Self {
        let mut limbs = [0; LIMBS];
        for (limb, &from) in limbs.iter_mut().zip(number.as_limbs()) {
            *limb = from;
        }
        Value(limbs)
    }

    /// Returns the absolute value, and whether it was negative.
    pub(super) fn unsigned(self) -> (Self, bool) {
        let negative = self.0[LIMBS - 1] >> 63 == 1;
        (if negative { self.negated() } else { self }, negative)
    }

    #[inline]
    pub(super) fn negated(self) -> Self {
        Value(self.0.map(|limb| !limb)).plus(Value([1, 0, 0, 0]))
    }

    #[inline]
    pub(super) fn plus(self, other: Self) -> Self {
        let mut sum = self.0;
        let mut carry = false;
        for (limb, other) in sum.iter_mut().zip(other.0) {
            (*limb, carry) = add_with_carry(*limb, other, carry);
        }
        Value(sum)
    }

    /// Returns the product with a small number.
    #[inline]
    pub(super) fn times(self, factor: u32) -> Self {
        let mut product = [0; LIMBS];
        let mut carry = 0;
        for (product, limb) in product.iter_mut().zip(self.0) {
            (*product, carry) = mul_add(limb, factor.into(), carry, 0);
        }
        Value(product)
    }

    /// Returns the product with a small number that may be negative.
    #[inline]
    pub(super) fn times_signed(self, factor: i32) -> Self {
        let product = self.times(factor.unsigned_abs());
        if factor < 0 {
            product.negated()
        } else {
            product
        }
    }

    /// Returns the limbs.
    pub(super) fn limbs(self) -> [u64; LIMBS] {
        self.0
    }

    /// Returns whether an unsigned value is 0.
    pub(super) fn is_zero(self) -> bool {
        self.0 == [0; LIMBS]
    }

    /// Returns an unsigned value if it is below 2^64.
    pub(super) fn to_u64(self) -> Option<u64> {
        (self.0[1..] == [0; LIMBS - 1]).then_some(self.0[0])
    }

    /// Divides the twos out of an unsigned value other than 0, and returns how many they were.
    pub(super) fn divide_by_twos(&mut self) -> u32 {
        let mut twos = 0;
        while self.0[0] == 0 && !self.is_zero() {
            self.0.rotate_left(1);
            twos += 64;
        }
        let bits = self.0[0].trailing_zeros() % 64;
        for index in 0..LIMBS {
            let above = self.0.get(index + 1).copied().unwrap_or(0);
            self.0[index] = self.0[index] >> bits | above << 1 << (63 - bits);
        }
        twos + bits
    }

    /// Divides an unsigned value by a prime if that leaves no remainder, and returns whether it did.
    #[inline]
    pub(super) fn divide_exactly(&mut self, p: u32) -> bool {
        let p = u64::from(p);
        let mut quotient = [0; LIMBS];
        let mut remainder = 0;
        for (quotient, &limb) in quotient.iter_mut().zip(&self.0).rev() {
            if remainder == 0 && limb < p {
                remainder = limb;
                continue;
            }
            let high = remainder << 32 | limb >> 32;
            let low = (high % p) << 32 | limb & 0xffff_ffff;
            *quotient = ((high / p) << 32) | (low / p);
            remainder = low % p;
        }
        if remainder == 0 {
            self.0 = quotient;
        }
        remainder == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_machine_integers() {
        for a in [0u64, 1, 7, 1 << 40, 5_764_801, u64::MAX / 3] {
            for b in [0i32, 1, -1, 7, -12, i32::MAX, i32::MIN] {
                let value = Value::of(&a.into()).times_signed(b);
                let (size, negative) = value.unsigned();
                let product = i128::from(a) * i128::from(b);
                let natural = Natural::from_limbs(&size.limbs());
                assert_eq!(natural.to_u128(), Some(product.unsigned_abs()), "{a} {b}");
                assert_eq!(negative, product < 0);
                assert_eq!(value.plus(value.negated()), Value::default());
            }
            let mut value = Value::of(&(&Natural::from(a) << 100));
            if a > 0 {
                assert_eq!(value.divide_by_twos(), 100 + a.trailing_zeros());
                assert_eq!(value.to_u64(), Some(a >> a.trailing_zeros()));
            }
            for p in [3, 7, 65_537, 4_294_967_291] {
                let mut value =
                    Value::of(&(&Natural::from(a) * &Natural::from(u128::from(p) << 70)));
                assert!(value.divide_exactly(p));
                assert_eq!(value, Value::of(&(&Natural::from(a) << 70)));
                assert_eq!(value.divide_exactly(p), a % u64::from(p) == 0);
            }
        }
    }
}
