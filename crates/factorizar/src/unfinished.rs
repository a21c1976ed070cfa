//! The partial result of a factorization that was stopped.

pub(crate) mod natural;

use std::error;
use std::fmt;

use crate::control::StopReason;
use crate::factors::Factors;

/// The part of a factorization that was done when it was stopped.
///
/// The product of the factors and the cofactor is the number.
///
/// ```
/// use factorizar::{Control, factor_with};
///
/// let hard = ((1 << 61) - 1) * 1_000_000_007;
/// let left = factor_with(360 * hard, &Control::new().deadline(|| true)).unwrap_err();
/// assert_eq!(left.factors().as_slice(), [2, 2, 2, 3, 3, 5]);
/// assert_eq!(left.cofactor(), hard);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unfinished {
    factors: Factors,
    cofactor: u128,
    reason: StopReason,
}

impl Unfinished {
    pub(crate) fn new(factors: Factors, cofactor: u128, reason: StopReason) -> Self {
        Unfinished {
            factors,
            cofactor,
            reason,
        }
    }

    /// Returns the prime factors found so far, ascending.
    #[must_use]
    pub fn factors(&self) -> &Factors {
        &self.factors
    }

    /// Returns the number divided by the factors found: above 1, and not known to be prime.
    #[must_use]
    pub fn cofactor(&self) -> u128 {
        self.cofactor
    }

    /// Returns the reason why the computation was stopped.
    #[must_use]
    pub fn reason(&self) -> StopReason {
        self.reason
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unfinished {
            factors,
            cofactor,
            reason,
        } = self;
        write!(f, "{reason}: ")?;
        if !factors.is_empty() {
            write!(f, "found {factors}, ")?;
        }
        write!(f, "left {cofactor} unfactored")
    }
}

impl error::Error for Unfinished {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_found() {
        let none = Unfinished::new(Factors::new(vec![]), 91, StopReason::Cancelled);
        assert_eq!(none.to_string(), "cancelled: left 91 unfactored");
        let some = Unfinished::new(Factors::new(vec![3, 2]), 91, StopReason::OutOfTime);
        assert_eq!(
            some.to_string(),
            "out of time: found 2 3, left 91 unfactored"
        );
    }
}
