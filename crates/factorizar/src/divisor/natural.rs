//! The choice of the algorithm that splits a composite above 2^128.
//!
//! | bits | algorithm |
//! | --- | --- |
//! | any | the root of a perfect power |
//! | any | p - 1 and elliptic curves, to an effort that the size justifies |
//! | to 416 | the quadratic sieve |
//! | above | more curves, until they find a factor or are stopped |

use crate::control::{Control, StopReason};
use crate::natural::Natural;
use crate::siqs;
use crate::unbalanced::find_unbalanced;

/// Seeds between two rounds of curves, more than a round has curves.
const ROUND: u64 = 10_000;

/// Returns a divisor, other than 1 and `n`, of an odd composite `n` above 2^128 without prime
/// factors below 2^14.
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
pub(crate) fn find_divisor(n: &Natural, control: &Control) -> Result<Natural, StopReason> {
    if let Some((root, _)) = n.perfect_power() {
        return Ok(root);
    }
    if let Some(divisor) = find_unbalanced(n, control)? {
        return Ok(divisor);
    }
    if n.bits() <= siqs::MAX_BITS
        && let Some(divisor) = siqs::find_divisor(n, control)?
    {
        return Ok(divisor);
    }
    let mut seed = control.initial_seed();
    loop {
        seed = seed.wrapping_add(ROUND);
        if let Some(divisor) = find_unbalanced(n, &control.clone().seed(seed))? {
            return Ok(divisor);
        }
        control.poll()?;
    }
}
