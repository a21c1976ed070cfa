//! Montgomery arithmetic on lists of limbs, for odd moduli of any length.
//!
//! The algorithm is that of [`limbs`](super::limbs), some three times slower, since the length is
//! known at run time alone and each result is allocated.

use crate::montgomery::ring::Ring;
use crate::natural::Natural;
use crate::natural::arithmetic::{add_with_carry, mul_add};
use crate::word::inverse_of_odd;

/// An odd modulus, and the values that are computed once for it.
#[derive(Debug)]
pub(crate) struct ListRing {
    modulus: Natural,
    /// The inverse of -n modulo 2^64.
    inverse: u64,
    /// R mod n: the residue of 1.
    one: Natural,
    /// R^2 mod n, by which a number is converted to Montgomery form.
    r_squared: Natural,
}

impl ListRing {
    /// Prepares a modulus, which is odd and above 1.
    pub(crate) fn new(modulus: &Natural) -> Self {
        let bits = 64 * modulus.as_limbs().len() as u32;
        let power = |bits| (&Natural::from(1u64) << bits).rem(modulus);
        let low = modulus.as_limbs().first().copied().unwrap_or(1);
        ListRing {
            modulus: modulus.clone(),
            inverse: (inverse_of_odd(low.into()) as u64).wrapping_neg(),
            one: power(bits).unwrap_or_default(),
            r_squared: power(2 * bits).unwrap_or_default(),
        }
    }

    fn reduce(&self, number: Natural) -> Natural {
        number.checked_sub(&self.modulus).unwrap_or(number)
    }
}

impl Ring for ListRing {
    type Residue = Natural;

    fn modulus(&self) -> Natural {
        self.modulus.clone()
    }

    fn zero(&self) -> Natural {
        Natural::ZERO
    }

    fn one(&self) -> Natural {
        self.one.clone()
    }

    fn add(&self, a: &Natural, b: &Natural) -> Natural {
        self.reduce(a + b)
    }

    fn sub(&self, a: &Natural, b: &Natural) -> Natural {
        let difference = a.checked_sub(b);
        difference.unwrap_or_else(|| (a + &self.modulus).abs_diff(b))
    }

    fn mul(&self, a: &Natural, b: &Natural) -> Natural {
        let modulus = self.modulus.as_limbs();
        // Two limbs above the sum, which is below 2 n after each turn.
        let mut sum = vec![0u64; modulus.len() + 2];
        for index in 0..modulus.len() {
            let limb = a.as_limbs().get(index).copied().unwrap_or(0);
            add_multiple(&mut sum, limb, b.as_limbs());
            let times = sum[0].wrapping_mul(self.inverse);
            add_multiple(&mut sum, times, modulus);
            sum.rotate_left(1);
        }
        self.reduce(Natural::from_vec(sum))
    }

    fn residue(&self, number: &Natural) -> Natural {
        let number = number.rem(&self.modulus).unwrap_or_default();
        self.mul(&number, &self.r_squared)
    }

    fn number(&self, residue: &Natural) -> Natural {
        self.mul(residue, &Natural::from(1u64))
    }
}

/// Adds `times` the number `limbs` to `sum`, which is longer by one limb or more.
fn add_multiple(sum: &mut [u64], times: u64, limbs: &[u64]) {
    let (low, high) = sum.split_at_mut(limbs.len());
    let mut carry = 0;
    for (sum, &limb) in low.iter_mut().zip(limbs) {
        (*sum, carry) = mul_add(times, limb, *sum, carry);
    }
    for sum in high {
        let overflow;
        (*sum, overflow) = add_with_carry(*sum, carry, false);
        carry = overflow.into();
    }
}
