//! Computations in eight lanes, on processors with AVX-512 IFMA.
//!
//! IFMA multiplies eight numbers of 52 bits at once.

#[cfg(target_arch = "x86_64")]
mod eight_lanes;
#[cfg(target_arch = "x86_64")]
mod eight_rings;
#[cfg(target_arch = "x86_64")]
mod two_limbs;

use crate::lanes::{LaneComputation, LaneRingComputation};
use crate::natural::Natural;

/// Moduli of [`run`] are below this.
pub(crate) const MODULUS_LIMIT: u128 = 1 << 99;

/// Returns whether the processor has the instructions, so that [`run`] gives a result.
#[inline]
pub(crate) fn is_available() -> bool {
    #[cfg(target_arch = "x86_64")]
    return eight_lanes::is_available();
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Runs a computation modulo `n` in eight lanes; returns `None` on a processor without the
/// instructions.
///
/// `n` is odd and below [`MODULUS_LIMIT`]; `inverse` is its inverse modulo 2^64.
#[cfg_attr(
    not(target_arch = "x86_64"),
    expect(unused_variables, reason = "no such instructions")
)]
pub(crate) fn run<T: LaneComputation>(n: u128, inverse: u64, computation: T) -> Option<T::Output> {
    debug_assert!(n < MODULUS_LIMIT && (n as u64).wrapping_mul(inverse) == 1);
    #[cfg(target_arch = "x86_64")]
    return match u64::try_from(n) {
        Ok(n) if n < eight_lanes::MODULUS_LIMIT => eight_lanes::run(n, inverse, computation),
        _ => two_limbs::run(n, inverse, computation),
    };
    #[cfg(not(target_arch = "x86_64"))]
    return None;
}

/// Runs a computation modulo an odd number of several words in eight lanes. Gives the computation
/// back on a processor without the instructions, or for a number of more than 620 bits.
#[cfg_attr(
    not(target_arch = "x86_64"),
    expect(unused_variables, reason = "no such instructions")
)]
pub(crate) fn run_ring<C: LaneRingComputation>(
    modulus: &Natural,
    computation: C,
) -> Result<C::Output, C> {
    #[cfg(target_arch = "x86_64")]
    return eight_rings::run(modulus, computation);
    #[cfg(not(target_arch = "x86_64"))]
    return Err(computation);
}
