//! Montgomery arithmetic on arrays of limbs, for odd moduli of a length known at compile time.
//!
//! R = 2^(64 L). The product and its reduction alternate limb by limb, so that only L + 2 limbs
//! are live. Cost of a product: 2 L^2 + L multiplications of words; 9, 14, 22 and 33 ns for 2 to 5
//! limbs on an AMD EPYC (Zen 4).
//!
//! Source: Çetin Koç, Tolga Acar and Burton Kaliski, "Analyzing and comparing Montgomery
//! multiplication algorithms", IEEE Micro 16 (1996): the coarsely integrated operand scanning.

use crate::montgomery::ring::Ring;
use crate::natural::Natural;
use crate::natural::arithmetic::{add_with_carry, mul_add, sub_with_borrow};
use crate::word::inverse_of_odd;

/// An odd modulus of `L` limbs, which may have leading zeros, and the values that are computed
/// once for it.
#[derive(Debug, Clone)]
pub(crate) struct LimbRing<const L: usize> {
    modulus: [u64; L],
    /// The inverse of -n modulo 2^64.
    inverse: u64,
    /// R mod n: the residue of 1.
    one: [u64; L],
    /// R^2 mod n, by which a number is converted to Montgomery form.
    r_squared: [u64; L],
}

impl<const L: usize> LimbRing<L> {
    /// Prepares a modulus, which is odd and above 1.
    pub(crate) fn new(modulus: [u64; L]) -> Self {
        let natural = Natural::from_limbs(&modulus);
        let power = |bits: usize| {
            let power = &Natural::from(1u64) << (bits as u32);
            let rest = power.rem(&natural).unwrap_or_default();
            rest.to_array().unwrap_or([0; L])
        };
        LimbRing {
            modulus,
            inverse: (inverse_of_odd(modulus[0].into()) as u64).wrapping_neg(),
            one: power(64 * L),
            r_squared: power(128 * L),
        }
    }

    /// Returns `number - n` if that is not negative, else `number`. `carry` is the limb above.
    #[inline(always)]
    fn reduce(&self, number: [u64; L], carry: bool) -> [u64; L] {
        let mut difference = [0; L];
        let mut borrow = false;
        for index in 0..L {
            (difference[index], borrow) =
                sub_with_borrow(number[index], self.modulus[index], borrow);
        }
        // A mask, since a branch would be mispredicted half of the time.
        let keep = u64::from(borrow && !carry).wrapping_neg();
        std::array::from_fn(|index| number[index] & keep | difference[index] & !keep)
    }

    /// Returns `a * b / R`, reduced. One of the two may be any number below R.
    #[inline(always)]
    pub(crate) fn product(&self, a: &[u64; L], b: &[u64; L]) -> [u64; L] {
        let mut sum = [0; L];
        // The limb above `sum`, 0 or 1 between two turns, as the sum is below 2 n.
        let mut above = 0;
        for &limb in a {
            let mut carry = 0;
            for index in 0..L {
                (sum[index], carry) = mul_add(limb, b[index], sum[index], carry);
            }
            let (top, high) = add_with_carry(above, carry, false);
            // A multiple of n that makes the lowest limb 0, which then drops out.
            let times = sum[0].wrapping_mul(self.inverse);
            let (_, mut carry) = mul_add(times, self.modulus[0], sum[0], 0);
            for index in 1..L {
                (sum[index - 1], carry) = mul_add(times, self.modulus[index], sum[index], carry);
            }
            let next;
            (sum[L - 1], next) = add_with_carry(top, carry, false);
            above = u64::from(high) + u64::from(next);
        }
        self.reduce(sum, above != 0)
    }
}

impl<const L: usize> Ring for LimbRing<L> {
    type Residue = [u64; L];

    fn modulus(&self) -> Natural {
        Natural::from_limbs(&self.modulus)
    }

    fn zero(&self) -> [u64; L] {
        [0; L]
    }

    fn one(&self) -> [u64; L] {
        self.one
    }

    #[inline(always)]
    fn add(&self, a: &[u64; L], b: &[u64; L]) -> [u64; L] {
        let mut sum = [0; L];
        let mut carry = false;
        for index in 0..L {
            (sum[index], carry) = add_with_carry(a[index], b[index], carry);
        }
        self.reduce(sum, carry)
    }

    #[inline(always)]
    fn sub(&self, a: &[u64; L], b: &[u64; L]) -> [u64; L] {
        let mut difference = [0; L];
        let mut borrow = false;
        for index in 0..L {
            (difference[index], borrow) = sub_with_borrow(a[index], b[index], borrow);
        }
        let mask = u64::from(borrow).wrapping_neg();
        let mut carry = false;
        for (limb, modulus) in difference.iter_mut().zip(&self.modulus) {
            (*limb, carry) = add_with_carry(*limb, modulus & mask, carry);
        }
        difference
    }

    #[inline(always)]
    fn mul(&self, a: &[u64; L], b: &[u64; L]) -> [u64; L] {
        self.product(a, b)
    }

    fn residue(&self, number: &Natural) -> [u64; L] {
        let number = number.to_array().unwrap_or_else(|| {
            let rest = number.rem(&self.modulus()).unwrap_or_default();
            rest.to_array().unwrap_or([0; L])
        });
        self.product(&number, &self.r_squared)
    }

    fn number(&self, residue: &[u64; L]) -> Natural {
        let mut one = [0; L];
        one[0] = 1;
        Natural::from_limbs(&self.product(residue, &one))
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::time::Instant;

    use super::*;

    fn time<const L: usize>() {
        let modulus = std::array::from_fn(|index| u64::MAX - 2 * index as u64);
        let ring = LimbRing::<L>::new(modulus);
        let mut x = black_box(ring.small(3));
        let start = Instant::now();
        for _ in 0..10_000_000 {
            x = ring.product(&x, &x);
        }
        black_box(x);
        println!(
            "{} bits: {:.1} ns",
            64 * L,
            start.elapsed().as_secs_f64() * 100.0
        );
    }

    #[test]
    #[ignore = "a measurement: cargo test --release -p factorizar limbs -- --ignored --nocapture"]
    fn time_of_a_product() {
        time::<2>();
        time::<3>();
        time::<4>();
        time::<5>();
        time::<6>();
    }
}
