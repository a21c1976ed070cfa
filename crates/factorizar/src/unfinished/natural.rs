//! The partial result of a factorization of a natural number.

use std::error;
use std::fmt;

use crate::control::StopReason;
use crate::factors::natural::NaturalFactors;
use crate::natural::Natural;

/// The part of a factorization of a [`Natural`] that was done when it was stopped.
///
/// The product of the factors and the cofactors is the number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnfinishedNatural {
    factors: NaturalFactors,
    cofactors: Vec<Natural>,
    reason: StopReason,
}

impl UnfinishedNatural {
    pub(crate) fn new(
        factors: NaturalFactors,
        mut cofactors: Vec<Natural>,
        reason: StopReason,
    ) -> Self {
        cofactors.sort_unstable();
        UnfinishedNatural {
            factors,
            cofactors,
            reason,
        }
    }

    /// Returns the prime factors found so far, ascending.
    #[must_use]
    pub fn factors(&self) -> &NaturalFactors {
        &self.factors
    }

    /// Returns the factors that are left, ascending: at least one, each above 1, and not known to
    /// be prime.
    #[must_use]
    pub fn cofactors(&self) -> &[Natural] {
        &self.cofactors
    }

    /// Returns the reason why the computation was stopped.
    #[must_use]
    pub fn reason(&self) -> StopReason {
        self.reason
    }
}

impl fmt::Display for UnfinishedNatural {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.reason)?;
        if !self.factors.is_empty() {
            write!(f, "found {}, ", self.factors)?;
        }
        f.write_str("left")?;
        for cofactor in &self.cofactors {
            write!(f, " {cofactor}")?;
        }
        f.write_str(" unfactored")
    }
}

impl error::Error for UnfinishedNatural {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_found() {
        let left = |primes: &[u64], cofactors: &[u64]| {
            let numbers = |of: &[u64]| of.iter().map(|&n| n.into()).collect();
            let factors = NaturalFactors::new(numbers(primes));
            UnfinishedNatural::new(factors, numbers(cofactors), StopReason::OutOfTime).to_string()
        };
        assert_eq!(left(&[], &[91]), "out of time: left 91 unfactored");
        assert_eq!(
            left(&[3, 2], &[91, 77]),
            "out of time: found 2 3, left 77 91 unfactored"
        );
    }
}
