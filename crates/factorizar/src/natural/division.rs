//! Quotients, remainders and greatest common divisors of natural numbers.
//!
//! Source: Donald E. Knuth, "The Art of Computer Programming", volume 2, section 4.3.1, algorithm D;
//! Josef Stein, "Computational problems associated with Racah algebra", 1967, for the gcd.
//!
//! Cost: the product of the lengths of quotient and divisor; for a gcd, the square of the length
//! times 64.

use crate::natural::Natural;
use crate::natural::arithmetic::{add_with_carry, mul_add, sub_with_borrow, subtract};

impl Natural {
    /// Returns the quotient and the remainder, or `None` for a `divisor` of 0.
    #[must_use]
    pub fn div_rem(&self, divisor: &Self) -> Option<(Self, Self)> {
        match divisor.limbs.len() {
            0 => None,
            1 => {
                let (quotient, remainder) = self.div_rem_u64(divisor.limbs[0])?;
                Some((quotient, remainder.into()))
            }
            _ if self < divisor => Some((Natural::ZERO, self.clone())),
            _ => Some(long_division(self, divisor)),
        }
    }

    /// Returns the remainder, or `None` for a `divisor` of 0.
    #[must_use]
    pub fn rem(&self, divisor: &Self) -> Option<Self> {
        self.div_rem(divisor).map(|(_, remainder)| remainder)
    }

    /// Returns the quotient if `divisor` divides the number.
    #[must_use]
    pub fn exact_quotient(&self, divisor: &Self) -> Option<Self> {
        let (quotient, remainder) = self.div_rem(divisor)?;
        remainder.is_zero().then_some(quotient)
    }

    /// Returns the quotient and the remainder, or `None` for a `divisor` of 0.
    #[must_use]
    pub fn div_rem_u64(&self, divisor: u64) -> Option<(Self, u64)> {
        if divisor == 0 {
            return None;
        }
        let mut remainder = 0;
        let mut quotient = vec![0; self.limbs.len()];
        for (quotient, &limb) in quotient.iter_mut().zip(&self.limbs).rev() {
            let part = u128::from(remainder) << 64 | u128::from(limb);
            *quotient = (part / u128::from(divisor)) as u64;
            remainder = (part % u128::from(divisor)) as u64;
        }
        Some((Natural::from_vec(quotient), remainder))
    }

    /// Returns the remainder, or `None` for a `divisor` of 0.
    #[must_use]
    pub fn rem_u64(&self, divisor: u64) -> Option<u64> {
        (divisor != 0).then(|| {
            self.limbs.iter().rev().fold(0, |remainder, &limb| {
                let part = u128::from(remainder) << 64 | u128::from(limb);
                (part % u128::from(divisor)) as u64
            })
        })
    }

    /// Returns the remainder, or `None` for a `divisor` of 0.
    #[must_use]
    pub fn rem_u32(&self, divisor: u32) -> Option<u32> {
        let divisor = u64::from(divisor);
        (divisor != 0).then(|| {
            let halves = self.limbs.iter().rev().flat_map(|&limb| [limb >> 32, limb]);
            halves.fold(0, |remainder, half| {
                (remainder << 32 | half & 0xffff_ffff) % divisor
            }) as u32
        })
    }

    /// Returns the greatest common divisor; the other number if one is 0.
    #[must_use]
    pub fn gcd(&self, other: &Self) -> Self {
        if self.is_zero() {
            return other.clone();
        }
        if other.is_zero() {
            return self.clone();
        }
        let twos = self.trailing_zeros().min(other.trailing_zeros());
        let (mut a, mut b) = (
            self >> self.trailing_zeros(),
            other >> other.trailing_zeros(),
        );
        // One step of Euclid's brings numbers of very different sizes together.
        if b < a {
            (a, b) = (b, a);
        }
        if let Some(rest) = b.rem(&a) {
            b = &rest >> rest.trailing_zeros();
        }
        while !b.is_zero() {
            if b < a {
                (a, b) = (b, a);
            }
            let difference = b.abs_diff(&a);
            b = &difference >> difference.trailing_zeros();
        }
        &a << twos
    }

    /// Returns the inverse modulo `modulus`, or `None` if they have a common factor.
    #[must_use]
    pub fn inverse_modulo(&self, modulus: &Self) -> Option<Self> {
        // Invariant: a = x self and b = y self modulo `modulus`.
        let (mut a, mut b) = (modulus.clone(), self.rem(modulus)?);
        let (mut x, mut y) = (Natural::ZERO, Natural::from(1u64));
        while !b.is_zero() {
            let (quotient, remainder) = a.div_rem(&b)?;
            let product = (&quotient * &y).rem(modulus)?;
            let next = (&x + &modulus.checked_sub(&product)?).rem(modulus)?;
            (a, b) = (b, remainder);
            (x, y) = (y, next);
        }
        a.is_one().then_some(x)
    }
}

/// Divides by a `divisor` of two limbs or more, which is not above `dividend`.
fn long_division(dividend: &Natural, divisor: &Natural) -> (Natural, Natural) {
    // The divisor's top bit is set, so that two limbs of the dividend by one of the divisor guess
    // each limb of the quotient, too large by two at most.
    let shift = divisor.limbs.last().map_or(0, |limb| limb.leading_zeros());
    let divisor = &(divisor << shift).limbs;
    let mut rest = (dividend << shift).limbs;
    rest.resize(dividend.limbs.len() + 1, 0);
    let len = divisor.len();
    let top = divisor[len - 1];
    let mut quotient = vec![0; rest.len() - len];
    for place in (0..quotient.len()).rev() {
        let part = u128::from(rest[place + len]) << 64 | u128::from(rest[place + len - 1]);
        let guess = u64::try_from(part / u128::from(top)).unwrap_or(u64::MAX);
        let window = &mut rest[place..=place + len];
        let mut carry = 0;
        let mut borrow = false;
        for (limb, &digit) in window.iter_mut().zip(divisor) {
            let product;
            (product, carry) = mul_add(guess, digit, carry, 0);
            (*limb, borrow) = sub_with_borrow(*limb, product, borrow);
        }
        let last = &mut window[len];
        (*last, borrow) = sub_with_borrow(*last, carry, borrow);
        let mut guess = guess;
        while borrow {
            guess -= 1;
            let mut carry = false;
            for (limb, &digit) in window.iter_mut().zip(divisor) {
                (*limb, carry) = add_with_carry(*limb, digit, carry);
            }
            let last = &mut window[len];
            (*last, carry) = add_with_carry(*last, 0, carry);
            borrow = !carry;
        }
        quotient[place] = guess;
    }
    debug_assert!(
        subtract(&mut rest.clone(), divisor),
        "the remainder is reduced"
    );
    (
        Natural::from_vec(quotient),
        &Natural::from_vec(rest) >> shift,
    )
}
