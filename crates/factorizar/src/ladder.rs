//! Which algorithm splits a composite number, by its size.
//!
//! | bits | algorithm |
//! | --- | --- |
//! | to 38 | Brent's rho |
//! | to 64 | the elliptic-curve method, one limb |
//! | to 128 | some curves of two limbs for primes that are small, then the quadratic sieve |
//!
//! Powers go by their roots first. docs/factorizar.md has the figures behind the table.

use crate::{Control, Stop, ecm, powers, qs, rho};

/// Up to here rho is quicker than the first curves.
const RHO_BITS: u32 = 38;

/// Up to here most composites have a prime small enough for a short walk of rho; the rest goes to
/// curves.
const QUICK_BITS: u32 = 46;
const QUICK_STEPS: u32 = 512;

/// Steps that nearly always suffice where rho is the first choice.
const ENOUGH: u32 = 8_192;

/// Far more curves than any number of its size was seen to need.
const MANY: usize = 2_000;

/// From so many bits on, so many curves for primes of so many bits, before the sieve: a tenth of
/// its time, which most numbers that are not made to be hard do not need.
const FIRST_CURVES: [(u32, u32, usize); 3] = [(72, 20, 2), (92, 25, 4), (108, 30, 6)];

/// A divisor of an odd composite number, other than 1 and itself, without primes below 2^10.
pub(crate) fn divisor(n: u128, control: &Control) -> Result<u128, Stop> {
    match u64::try_from(n) {
        Ok(n) => narrow(n, control).map(u128::from),
        Err(_) => wide(n, control),
    }
}

fn narrow(n: u64, control: &Control) -> Result<u64, Stop> {
    let root = n.isqrt();
    if root * root == n {
        return Ok(root);
    }
    let bits = u64::BITS - n.leading_zeros();
    if bits <= QUICK_BITS {
        let steps = if bits <= RHO_BITS {
            ENOUGH
        } else {
            QUICK_STEPS
        };
        if let Some(divisor) = rho::quick_divisor(n, steps) {
            return Ok(divisor);
        }
    }
    if bits > RHO_BITS
        && let Some(divisor) = ecm::divisor(n, bits.div_ceil(2), 0, MANY, control)?
    {
        return Ok(divisor);
    }
    Ok(rho::divisor(n))
}

fn wide(n: u128, control: &Control) -> Result<u128, Stop> {
    if let Some(root) = powers::root(n) {
        return Ok(root);
    }
    let bits = u128::BITS - n.leading_zeros();
    let mut skip = 0;
    for (from, prime, curves) in FIRST_CURVES {
        if bits >= from {
            if let Some(divisor) = ecm::divisor(n, prime, skip, curves, control)? {
                return Ok(divisor);
            }
            skip += curves;
        }
    }
    if let Some(divisor) = qs::divisor(n, control)? {
        return Ok(divisor);
    }
    match ecm::divisor(n, bits / 2, skip, MANY, control)? {
        Some(divisor) => Ok(divisor),
        None => Ok(rho::divisor(n)),
    }
}
