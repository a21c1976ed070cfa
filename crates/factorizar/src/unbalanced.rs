//! The search for factors that are small beside their number, before the quadratic sieve.
//!
//! The sieve takes equally long for every number of a size. Curves take longer for larger factors,
//! and find those of 25 digits in seconds. [`EFFORT`] has the bounds and the number of curves for
//! each size of number.

use crate::control::{Control, StopReason};
use crate::ecm::natural::{Found, Tables, find};
use crate::natural::Natural;

/// Curves of the same bounds.
struct Level {
    /// Numbers of this many bits or more get these curves.
    from_bits: u32,
    b1: u32,
    b2: u64,
    curves: u64,
}

/// The curves for a number, in the order in which they are tried.
const EFFORT: [Level; 7] = [
    Level::new(0, 200, 10_000, 16),
    Level::new(140, 600, 40_000, 24),
    Level::new(170, 2_000, 150_000, 32),
    Level::new(210, 6_000, 600_000, 64),
    Level::new(240, 11_000, 1_500_000, 96),
    Level::new(280, 50_000, 10_000_000, 216),
    Level::new(320, 250_000, 60_000_000, 208),
];

/// The parameter of the first curve with the seed 0.
const FIRST_SIGMA: u64 = 10;

impl Level {
    const fn new(from_bits: u32, b1: u32, b2: u64, curves: u64) -> Self {
        Level {
            from_bits,
            b1,
            b2,
            curves,
        }
    }
}

/// Looks for a factor of `n` other than 1 and `n`, with the effort that the size of `n` justifies.
///
/// `n` is odd, composite and above 2^128. The factor is not always prime.
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
pub(crate) fn find_unbalanced(
    n: &Natural,
    control: &Control,
) -> Result<Option<Natural>, StopReason> {
    let mut sigma = FIRST_SIGMA + control.initial_seed() % (1 << 32);
    let bits = n.bits();
    for level in EFFORT.iter().filter(|level| bits >= level.from_bits) {
        let tables = Tables::new(level.b1, level.b2);
        if let Some(Found { divisor, .. }) = find(n, &tables, sigma, level.curves, control)? {
            return Ok(Some(divisor));
        }
        sigma += level.curves;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_small_prime_of_a_number() {
        let large: Natural = "10000000000000000000000000000000000000121".parse().unwrap();
        for p in [1_031u64, 65_537, 1_000_003, 4_294_967_291] {
            for seed in [0, 1, u64::MAX] {
                let n = &large * &p.into();
                let found = find_unbalanced(&n, &Control::new().seed(seed)).unwrap();
                assert_eq!(found, Some(p.into()), "seed {seed}");
            }
        }
    }

    #[test]
    fn gives_up_on_two_large_primes() {
        let p: Natural = "100000000000000000039".parse().unwrap();
        let q: Natural = "100000000000000000129".parse().unwrap();
        assert_eq!(find_unbalanced(&(&p * &q), &Control::new()), Ok(None));
        let stopped = Control::new().deadline(|| true);
        assert!(find_unbalanced(&(&p * &q), &stopped).is_err());
    }
}
