//! Machine integers of 64 and 128 bits, as the modular arithmetic uses them.
//!
//! Every algorithm is generic over [`Word`], so that a modulus below 2^64 pays for one machine word
//! only. The operations wrap explicitly, since modular arithmetic overflows on purpose and must not
//! panic in a debug build. Cost: one hardware multiplication for a product of 64 bits, four for
//! 128.

use std::fmt::Debug;

/// An unsigned integer type: `u64` or `u128`.
pub(crate) trait Word: Copy + Eq + Ord + Debug + From<u64> + Into<u128> {
    /// Width in bits.
    const BITS: u32;
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;

    /// Returns the low bits of `n`.
    fn truncate(n: u128) -> Self;
    /// Returns the high and the low word of the full product.
    fn wide_mul(self, other: Self) -> (Self, Self);
    fn wrapping_add(self, other: Self) -> Self;
    fn wrapping_sub(self, other: Self) -> Self;
    fn wrapping_mul(self, other: Self) -> Self;
    fn overflowing_sub(self, other: Self) -> (Self, bool);
    fn abs_diff(self, other: Self) -> Self;
    fn rem(self, modulus: Self) -> Self;
    fn div(self, divisor: Self) -> Self;
    fn shr(self, bits: u32) -> Self;
    fn trailing_zeros(self) -> u32;
    fn leading_zeros(self) -> u32;

    fn bit(self, index: u32) -> bool {
        Self::truncate(self.shr(index).into() & 1) == Self::ONE
    }
}

macro_rules! word {
    ($word:ty, $wide_mul:path) => {
        impl Word for $word {
            const BITS: u32 = <$word>::BITS;
            const ZERO: Self = 0;
            const ONE: Self = 1;

            #[inline]
            fn truncate(n: u128) -> Self {
                n as $word
            }
            #[inline]
            fn wide_mul(self, other: Self) -> (Self, Self) {
                $wide_mul(self, other)
            }
            #[inline]
            fn wrapping_add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline]
            fn wrapping_sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            #[inline]
            fn wrapping_mul(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            #[inline]
            fn overflowing_sub(self, other: Self) -> (Self, bool) {
                self.overflowing_sub(other)
            }
            #[inline]
            fn abs_diff(self, other: Self) -> Self {
                self.abs_diff(other)
            }
            #[inline]
            fn rem(self, modulus: Self) -> Self {
                self % modulus
            }
            #[inline]
            fn div(self, divisor: Self) -> Self {
                self / divisor
            }
            #[inline]
            fn shr(self, bits: u32) -> Self {
                self >> bits
            }
            #[inline]
            fn trailing_zeros(self) -> u32 {
                self.trailing_zeros()
            }
            #[inline]
            fn leading_zeros(self) -> u32 {
                self.leading_zeros()
            }
        }
    };
}

word!(u64, wide_mul_64);
word!(u128, wide_mul_128);

#[inline]
fn wide_mul_64(a: u64, b: u64) -> (u64, u64) {
    let product = u128::from(a) * u128::from(b);
    ((product >> 64) as u64, product as u64)
}

/// Multiplies by four products of half the width, added column by column.
#[inline]
fn wide_mul_128(a: u128, b: u128) -> (u128, u128) {
    let low = u128::from(u64::MAX);
    let (a1, a0) = (a >> 64, a & low);
    let (b1, b0) = (b >> 64, b & low);
    let bottom = a0 * b0;
    // Neither sum overflows: (2^64-1)^2 + 2 (2^64-1) = 2^128 - 1.
    let first = a1 * b0 + (bottom >> 64);
    let second = a0 * b1 + (first & low);
    let top = a1 * b1 + (first >> 64) + (second >> 64);
    (top, second << 64 | bottom & low)
}

/// Returns the inverse of an odd `p` modulo 2^128, by Newton's iteration.
///
/// p is its own inverse modulo 2^3. Each turn doubles the number of correct bits, to 6, 12, 24, 48,
/// 96 and past 128.
pub(crate) const fn inverse_of_odd(p: u128) -> u128 {
    let mut inverse = p;
    let mut turn = 0;
    while turn < 6 {
        inverse = inverse.wrapping_mul(2u128.wrapping_sub(p.wrapping_mul(inverse)));
        turn += 1;
    }
    inverse
}

/// Returns the greatest common divisor of any `a` and an odd `n`; `n` if `a` is 0.
///
/// Source: Josef Stein, "Computational problems associated with Racah algebra", Journal of
/// Computational Physics 1 (1967): the binary algorithm, without divisions.
pub(crate) fn gcd_with_odd<W: Word>(a: W, n: W) -> W {
    let (mut a, mut b) = (a, n);
    while a != W::ZERO {
        a = a.shr(a.trailing_zeros());
        (a, b) = (a.abs_diff(b), a.min(b));
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Product of two 128-bit numbers by shifting and adding, a bit at a time.
    fn slow_wide_mul(a: u128, b: u128) -> (u128, u128) {
        let (mut high, mut low) = (0u128, 0u128);
        for index in (0..128).rev() {
            high = high << 1 | low >> 127;
            low <<= 1;
            if b >> index & 1 == 1 {
                let carry;
                (low, carry) = low.overflowing_add(a);
                high += u128::from(carry);
            }
        }
        (high, low)
    }

    fn euclid(a: u128, b: u128) -> u128 {
        if b == 0 { a } else { euclid(b, a % b) }
    }

    #[test]
    fn inverses_of_odd_numbers() {
        for p in [
            1,
            3,
            5,
            7,
            65_537,
            u128::from(u64::MAX),
            1 << 127 | 1,
            u128::MAX,
        ] {
            let inverse = inverse_of_odd(p);
            assert_eq!(p.wrapping_mul(inverse), 1, "{p}");
        }
    }

    #[test]
    fn the_largest_product() {
        assert_eq!(wide_mul_64(u64::MAX, u64::MAX), (u64::MAX - 1, 1));
        assert_eq!(wide_mul_128(u128::MAX, u128::MAX), (u128::MAX - 1, 1));
    }

    proptest! {
        #[test]
        fn wide_product_as_by_hand(a: u128, b: u128) {
            prop_assert_eq!(wide_mul_128(a, b), slow_wide_mul(a, b));
        }

        #[test]
        fn gcd_as_euclids(a: u128, b: u128, common in 1u128..1 << 40) {
            let (a, n) = ((a >> 48) * common, ((b >> 48) * common) | 1);
            prop_assert_eq!(gcd_with_odd(a, n), euclid(a, n));
            let (a, n) = (a as u64, n as u64);
            prop_assert_eq!(u128::from(gcd_with_odd(a, n)), euclid(a.into(), n.into()));
        }
    }
}
