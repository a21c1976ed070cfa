//! The split of a cofactor into two large primes.
//!
//! Cost: a test of primality, then rho with a bounded number of steps. With one large prime, which
//! all sizes have, it is never called.

use crate::primality::is_prime_past_trial;
use crate::rho;
use crate::siqs::instance::Instance;

/// Steps after which rho gives up: enough for the smaller of two large primes, as a rule.
const STEPS: u32 = 20_000;

/// Returns the two primes of `rest`, if both are below the bound for large primes. `rest` has no
/// prime of the base.
pub(super) fn split(rest: u64, instance: &Instance) -> Option<[u32; 2]> {
    let largest = u64::from(instance.base.largest());
    // A product of two primes beyond the base, or a prime that is too large.
    if rest < largest * largest || is_prime_past_trial(rest.into()) {
        return None;
    }
    let divisor = match rest.isqrt() {
        root if root * root == rest => root,
        _ => rho::quick_divisor(rest, STEPS)?,
    };
    let primes = [divisor, rest / divisor];
    let fits = |&prime: &u64| prime < instance.large_bound.into();
    primes
        .iter()
        .all(fits)
        .then(|| primes.map(|prime| prime as u32))
}
