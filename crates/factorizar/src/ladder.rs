//! Which algorithm splits a composite number, by its size.
//!
//! | bits | algorithm |
//! | --- | --- |
//! | to 38 | Brent's rho |
//! | above | the elliptic-curve method |
//!
//! Before that, a square goes by its root: no other power needs its own case, as the smaller its
//! primes are, the sooner they are found.

use crate::{Control, Stop, ecm, rho};

/// Up to here rho is quicker than the first curves.
const RHO_BITS: u32 = 38;

/// Far more curves than any number of two limbs was seen to need.
const CURVES: usize = 2_000;

/// A divisor of an odd composite number, other than 1 and itself, without primes below 2^10.
pub(crate) fn divisor(n: u128, control: &Control) -> Result<u128, Stop> {
    let root = n.isqrt();
    if root * root == n {
        return Ok(root);
    }
    let bits = u128::BITS - n.leading_zeros();
    if let Ok(n) = u64::try_from(n) {
        if bits > RHO_BITS
            && let Some(divisor) = ecm::divisor(n, bits.div_ceil(2), CURVES, control)?
        {
            return Ok(divisor.into());
        }
        return Ok(rho::divisor(n).into());
    }
    Ok(match ecm::divisor(n, bits.div_ceil(2), CURVES, control)? {
        Some(divisor) => divisor,
        None => rho::divisor(n),
    })
}
