//! The search for factors that are small beside their number, before the quadratic sieve.
//!
//! The sieve takes equally long for every number of a size. Curves take longer for larger factors,
//! and find those of 25 digits in seconds. [`EFFORT`] has the bounds and the number of curves for
//! each size of number; together they take a twentieth to a tenth of the sieve's time. Before the
//! curves of a level, p - 1 is tried once with larger bounds, in the time of some ten curves.
//!
//! The number of curves of each level is the one that is expected to find a factor of its digits,
//! by Dickman's function with the mean smoothness of Suyama's curves, checked against what GMP-ECM
//! 7.0.5 prints for the same bounds (`ecm -v -param 0`): 215 curves with B1 = 50,000 for 25 digits,
//! 540 with 250,000 for 30 digits, 1,100 with 1,000,000 for 35 digits.
//!
//! Source: Paul Zimmermann and Bruce Dodson, "20 years of ECM", Algorithmic Number Theory
//! Symposium, 2006, table 1, for B1.

use crate::control::{Control, StopReason};
use crate::ecm::curve_range::CurveRange;
use crate::ecm::natural::{Found, Tables, find};
use crate::natural::Natural;
use crate::p_minus_1::{self, Bounds};

/// Curves of the same bounds.
struct Level {
    /// Numbers of this many bits or more get these curves.
    from_bits: u32,
    b1: u32,
    b2: u64,
    curves: u64,
    /// The bounds of p - 1, which is tried before the curves.
    p_minus_1: Option<Bounds>,
}

/// The curves for a number, in the order in which they are tried.
const EFFORT: [Level; 9] = [
    Level::new(0, 200, 10_000, 16),
    Level::new(132, 600, 40_000, 24),
    Level::new(156, 2_000, 150_000, 24).after(20_000, 1_000_000),
    Level::new(180, 6_000, 700_000, 40),
    Level::new(202, 11_000, 1_500_000, 72).after(110_000, 8_000_000),
    Level::new(222, 25_000, 4_000_000, 104),
    Level::new(252, 50_000, 10_000_000, 216).after(500_000, 60_000_000),
    Level::new(295, 250_000, 60_000_000, 544).after(2_500_000, 300_000_000),
    Level::new(325, 1_000_000, 250_000_000, 1_104),
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
            p_minus_1: None,
        }
    }

    /// Puts p - 1 before the curves.
    const fn after(self, b1: u32, b2: u64) -> Self {
        Level {
            p_minus_1: Some(Bounds { b1, b2 }),
            ..self
        }
    }
}

/// A step of the search for a factor that is small beside its number, before the sieve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SmallFactorStep {
    /// [`p_minus_1`](crate::p_minus_1()) with these bounds.
    #[non_exhaustive]
    PMinus1 {
        /// The bound of the first stage.
        b1: u32,
        /// The bound of the second stage.
        b2: u64,
    },
    /// [`ecm_curves`](crate::ecm_curves) with these curves.
    Curves(CurveRange),
}

/// Returns the steps by which [`factor_natural`](crate::factor_natural) looks for a factor of `n`
/// before the sieve, for other machines: the effort that the size of `n` justifies.
///
/// ```
/// use factorizar::{Control, Natural, SmallFactorStep, ecm_curves, p_minus_1, small_factor_steps};
///
/// let large: Natural = "10000000000000000000000000000000000000121".parse()?;
/// let n = &large * &Natural::from(1_000_003u64);
/// let control = Control::new();
/// let found = small_factor_steps(&n).into_iter().find_map(|step| match step {
///     SmallFactorStep::PMinus1 { b1, b2, .. } => p_minus_1(&n, b1, b2, &control).ok()?,
///     SmallFactorStep::Curves(curves) => {
///         let found = ecm_curves(&n, curves, &control).ok()?;
///         found.map(|found| found.factor().clone())
///     }
///     _ => None,
/// });
/// assert_eq!(found, Some(1_000_003u64.into()));
/// # Ok::<(), factorizar::Error>(())
/// ```
#[must_use]
pub fn small_factor_steps(n: &Natural) -> Vec<SmallFactorStep> {
    let mut sigma = FIRST_SIGMA;
    let mut steps = Vec::new();
    let bits = n.bits();
    for level in EFFORT.iter().filter(|level| bits >= level.from_bits) {
        if let Some(Bounds { b1, b2 }) = level.p_minus_1 {
            steps.push(SmallFactorStep::PMinus1 { b1, b2 });
        }
        let curves = CurveRange::new(level.b1, level.b2, sigma, level.curves);
        steps.extend(curves.map(SmallFactorStep::Curves));
        sigma += level.curves;
    }
    steps
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
    find_with_effort(n, n.bits(), control)
}

/// Looks for a factor as [`find_unbalanced`] does, with the effort for a number of `bits` bits.
pub(crate) fn find_with_effort(
    n: &Natural,
    bits: u32,
    control: &Control,
) -> Result<Option<Natural>, StopReason> {
    let mut sigma = FIRST_SIGMA + control.initial_seed() % (1 << 32);
    for level in EFFORT.iter().filter(|level| bits >= level.from_bits) {
        if let Some(bounds) = level.p_minus_1
            && let Some(divisor) = p_minus_1::find(n, bounds, control)?
        {
            return Ok(Some(divisor));
        }
        let tables = Tables::new(level.b1, level.b2, control)?;
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
    fn finds_a_prime_with_a_smooth_predecessor() {
        // 23 digits, which the curves of this size seldom find.
        let p = Natural::from(1_394_250_666_731_601_877_103u128);
        let large: Natural = "1000000000000000000000000000057".parse().unwrap();
        let n = &p * &large;
        assert_eq!(find_unbalanced(&n, &Control::new()), Ok(Some(p)));
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
