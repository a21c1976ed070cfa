//! The arithmetic modulo an odd number of any size, as algorithms use it.
//!
//! The implementations are [`limbs`](super::limbs) and [`list`](super::list);
//! [`dispatch`](super::dispatch) chooses one.

use std::convert::Infallible;
use std::fmt::Debug;

use crate::control::{Control, StopReason};
use crate::natural::Natural;

/// Digits of an exponent, of four bits each, between two questions to the control.
const BETWEEN_POLLS: u32 = 32;

/// Arithmetic modulo an odd number above 1.
pub(crate) trait Ring {
    /// A number below the modulus, in the implementation's own form.
    type Residue: Clone + PartialEq + Debug;

    /// Returns the modulus.
    fn modulus(&self) -> Natural;
    /// Returns the residue of 0.
    fn zero(&self) -> Self::Residue;
    /// Returns the residue of 1.
    fn one(&self) -> Self::Residue;
    /// Returns `a + b`.
    fn add(&self, a: &Self::Residue, b: &Self::Residue) -> Self::Residue;
    /// Returns `a - b`.
    fn sub(&self, a: &Self::Residue, b: &Self::Residue) -> Self::Residue;
    /// Returns `a * b`.
    fn mul(&self, a: &Self::Residue, b: &Self::Residue) -> Self::Residue;
    /// Returns the residue of any number.
    fn residue(&self, number: &Natural) -> Self::Residue;
    /// Returns the number below the modulus that a residue stands for.
    fn number(&self, residue: &Self::Residue) -> Natural;

    /// Returns the residue of a small number.
    fn small(&self, number: u64) -> Self::Residue {
        self.residue(&number.into())
    }

    /// Returns `a * a`.
    fn square(&self, a: &Self::Residue) -> Self::Residue {
        self.mul(a, a)
    }

    /// Returns `base` to the power of `exponent`.
    fn pow(&self, base: &Self::Residue, exponent: &Natural) -> Self::Residue {
        let Ok(power) = self.try_pow(base, exponent, || Ok::<(), Infallible>(()));
        power
    }

    /// Returns `base` to the power of `exponent`, which may have thousands of bits.
    ///
    /// # Errors
    ///
    /// The reason, if `control` stopped the computation.
    fn pow_with(
        &self,
        base: &Self::Residue,
        exponent: &Natural,
        control: &Control,
    ) -> Result<Self::Residue, StopReason> {
        self.try_pow(base, exponent, || control.poll())
    }

    /// Returns `base` to the power of `exponent`, unless `poll` fails.
    ///
    /// # Errors
    ///
    /// The error of `poll`.
    fn try_pow<E>(
        &self,
        base: &Self::Residue,
        exponent: &Natural,
        mut poll: impl FnMut() -> Result<(), E>,
    ) -> Result<Self::Residue, E> {
        // Four bits at a time.
        let mut powers = vec![self.one(), base.clone()];
        for index in 2..16 {
            powers.push(self.mul(&powers[index - 1], base));
        }
        let mut power = self.one();
        for digit in (0..exponent.bits().div_ceil(4)).rev() {
            if digit % BETWEEN_POLLS == 0 {
                poll()?;
            }
            for _ in 0..4 {
                power = self.square(&power);
            }
            let index = (0..4).fold(0, |index, bit| {
                index | usize::from(exponent.bit(4 * digit + bit)) << bit
            });
            if index > 0 {
                power = self.mul(&power, &powers[index]);
            }
        }
        Ok(power)
    }
}

/// A computation modulo a number, generic over the ring it runs in.
pub(crate) trait RingComputation {
    /// The result of the computation.
    type Output;
    /// Computes the result.
    fn run<R: Ring>(self, ring: &R) -> Self::Output;
}
