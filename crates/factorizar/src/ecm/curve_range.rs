//! A range of elliptic curves as a unit of work, which any machine can compute.

use std::error;
use std::fmt;

use crate::control::{Control, StopReason};
use crate::ecm::natural::{Found, Tables, find};
use crate::natural::Natural;

/// The bounds and the parameters of elliptic curves, one after another.
///
/// With a number they name a unit of work: the result of [`ecm_curves`] follows from them alone,
/// on every machine and with any number of threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CurveRange {
    b1: u32,
    b2: u64,
    first_sigma: u64,
    count: u64,
}

impl CurveRange {
    /// The smallest B1. The second stage has no smaller primes.
    pub const MIN_B1: u32 = 16;
    /// The largest B1, which suits factors of 60 digits.
    pub const MAX_B1: u32 = (1 << 28) - 1;
    /// The largest B2.
    pub const MAX_B2: u64 = (1 << 48) - 1;
    /// The smallest parameter sigma. Those below give no curve, or a point of finite order.
    pub const MIN_SIGMA: u64 = 6;
    /// The largest parameter sigma.
    pub const MAX_SIGMA: u64 = (1 << 62) - 1;

    /// Creates the range of `count` curves from the parameter `first_sigma` on.
    ///
    /// The first stage of each curve has the primes up to `b1`, the second those up to `b2`. A `b2`
    /// that is not above `b1` leaves the second stage out.
    ///
    /// # Errors
    ///
    /// A [`CurveError`] that names the bound or the parameter that is out of its limits.
    pub const fn new(b1: u32, b2: u64, first_sigma: u64, count: u64) -> Result<Self, CurveError> {
        if b1 < Self::MIN_B1 || b1 > Self::MAX_B1 {
            return Err(CurveError::B1 { b1 });
        }
        if b2 > Self::MAX_B2 {
            return Err(CurveError::B2 { b2 });
        }
        if first_sigma < Self::MIN_SIGMA
            || first_sigma > Self::MAX_SIGMA
            || count > Self::MAX_SIGMA - first_sigma + 1
        {
            return Err(CurveError::Sigma { first_sigma, count });
        }
        Ok(CurveRange {
            b1,
            b2,
            first_sigma,
            count,
        })
    }

    /// Returns the bound of the first stage.
    #[must_use]
    pub const fn b1(&self) -> u32 {
        self.b1
    }

    /// Returns the bound of the second stage.
    #[must_use]
    pub const fn b2(&self) -> u64 {
        self.b2
    }

    /// Returns the parameter of the first curve.
    #[must_use]
    pub const fn first_sigma(&self) -> u64 {
        self.first_sigma
    }

    /// Returns the number of curves.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }
}

/// A factor that an elliptic curve has found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CurveFactor {
    factor: Natural,
    sigma: u64,
}

impl CurveFactor {
    /// Returns the factor: neither 1 nor the number, and not always prime.
    #[must_use]
    pub fn factor(&self) -> &Natural {
        &self.factor
    }

    /// Returns the parameter of the curve that found it.
    #[must_use]
    pub fn sigma(&self) -> u64 {
        self.sigma
    }
}

/// The reason why a range of curves was not computed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CurveError {
    /// B1 is below [`CurveRange::MIN_B1`] or above [`CurveRange::MAX_B1`].
    B1 {
        /// The bound.
        b1: u32,
    },
    /// B2 is above [`CurveRange::MAX_B2`].
    B2 {
        /// The bound.
        b2: u64,
    },
    /// A parameter is below [`CurveRange::MIN_SIGMA`] or above [`CurveRange::MAX_SIGMA`].
    Sigma {
        /// The first parameter.
        first_sigma: u64,
        /// The number of parameters.
        count: u64,
    },
    /// The number is even, 0 or 1.
    Even,
    /// The number has more than [`Natural::MAX_DIGITS`] digits.
    TooLong {
        /// The number of its digits.
        digits: usize,
    },
    /// The computation was stopped by its [`Control`].
    Stopped(StopReason),
}

impl fmt::Display for CurveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CurveError::B1 { b1 } => write!(
                f,
                "B1 is {b1}: give a bound from {} to {}",
                CurveRange::MIN_B1,
                CurveRange::MAX_B1
            ),
            CurveError::B2 { b2 } => {
                write!(f, "B2 is {b2}: give a bound up to {}", CurveRange::MAX_B2)
            }
            CurveError::Sigma { first_sigma, count } => write!(
                f,
                "{count} curves from sigma {first_sigma} on: every sigma must be from {} to {}",
                CurveRange::MIN_SIGMA,
                CurveRange::MAX_SIGMA
            ),
            CurveError::Even => {
                f.write_str("the number must be odd and above 1: divide by 2 as often as it goes")
            }
            CurveError::TooLong { digits } => write!(
                f,
                "the number is too large: it has {digits} digits; send {} digits at most",
                Natural::MAX_DIGITS
            ),
            CurveError::Stopped(reason) => reason.fmt(f),
        }
    }
}

impl error::Error for CurveError {}

impl From<StopReason> for CurveError {
    fn from(reason: StopReason) -> Self {
        CurveError::Stopped(reason)
    }
}

/// Looks for a factor of `n` with elliptic curves, and returns that of the first curve that finds
/// one.
///
/// `n` is odd, above 1, and has [`Natural::MAX_DIGITS`] digits at most. The curves are Suyama's, so
/// that other programs repeat them: in GMP-ECM, `ecm -sigma 0:S B1 B2`. The result depends on `n`
/// and `curves` alone. [`Control::threads`] shares the curves out, and [`Control::seed`] has no
/// effect. If `n` is prime, there is no factor.
///
/// # Errors
///
/// A [`CurveError`] that says why `n` is refused, or that `control` stopped the computation.
///
/// ```
/// use factorizar::{Control, CurveRange, Natural, ecm_curves};
///
/// let n = Natural::from(1_000_000_007u64 * 1_000_003).pow(3);
/// let found = ecm_curves(&n, CurveRange::new(200, 10_000, 6, 100)?, &Control::new())?;
/// let factor = found.expect("one of 100 curves").factor().clone();
/// assert!(n.exact_quotient(&factor).is_some());
/// # Ok::<(), factorizar::CurveError>(())
/// ```
pub fn ecm_curves(
    n: &Natural,
    curves: CurveRange,
    control: &Control,
) -> Result<Option<CurveFactor>, CurveError> {
    if !n.is_odd() || n.is_one() {
        return Err(CurveError::Even);
    }
    let digits = n.digits();
    if digits > Natural::MAX_DIGITS {
        return Err(CurveError::TooLong { digits });
    }
    let tables = Tables::new(curves.b1, curves.b2, control)?;
    let found = find(n, &tables, curves.first_sigma, curves.count, control)?;
    Ok(found.map(|Found { divisor, sigma }| CurveFactor {
        factor: divisor,
        sigma,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        let (b1, sigma) = (CurveRange::MIN_B1, CurveRange::MIN_SIGMA);
        let last = CurveRange::MAX_SIGMA;
        for (range, refused) in [
            (CurveRange::new(b1, 0, sigma, 0), None),
            (
                CurveRange::new(CurveRange::MAX_B1, CurveRange::MAX_B2, last, 1),
                None,
            ),
            (
                CurveRange::new(b1 - 1, 0, sigma, 1),
                Some("B1 is 15: give a bound from 16"),
            ),
            (
                CurveRange::new(CurveRange::MAX_B1 + 1, 0, sigma, 1),
                Some("B1 is 268435456"),
            ),
            (
                CurveRange::new(b1, CurveRange::MAX_B2 + 1, sigma, 1),
                Some("B2 is 281474976710656"),
            ),
            (
                CurveRange::new(b1, 0, sigma - 1, 1),
                Some("1 curves from sigma 5 on"),
            ),
            (
                CurveRange::new(b1, 0, last, 2),
                Some("every sigma must be from 6"),
            ),
            (
                CurveRange::new(b1, 0, sigma, u64::MAX),
                Some("every sigma must be"),
            ),
        ] {
            let error = range.err().map(|error| error.to_string());
            let text = error.clone().unwrap_or_default();
            assert!(text.contains(refused.unwrap_or_default()), "{text}");
            assert_eq!(error.is_some(), refused.is_some(), "{text}");
        }
    }

    #[test]
    fn numbers_that_are_refused() {
        let range = CurveRange::new(100, 1_000, 6, 1).unwrap();
        let curves = |n: Natural| ecm_curves(&n, range, &Control::new());
        for n in [0u64, 1, 2, 1 << 63] {
            assert_eq!(curves(n.into()), Err(CurveError::Even), "{n}");
        }
        let long = Natural::from(10u64).pow(1_000).mul_add_u64(1, 1);
        assert_eq!(curves(long), Err(CurveError::TooLong { digits: 1_001 }));
        let stopped = ecm_curves(&91u64.into(), range, &Control::new().deadline(|| true));
        assert_eq!(stopped, Err(CurveError::Stopped(StopReason::OutOfTime)));
    }

    /// The last parameters that are allowed overflow nothing.
    #[test]
    fn the_largest_sigma() {
        let n = &Natural::from(10u64).pow(40).mul_add_u64(1, 121) * &Natural::from(1_009u64);
        let range = CurveRange::new(1_000, 0, CurveRange::MAX_SIGMA - 7, 8).unwrap();
        let found = ecm_curves(&n, range, &Control::new())
            .unwrap()
            .expect("1009");
        assert_eq!(
            (found.factor(), found.sigma()),
            (&1_009u64.into(), CurveRange::MAX_SIGMA - 7)
        );
    }
}
