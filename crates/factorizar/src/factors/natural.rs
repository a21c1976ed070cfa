//! The result of a factorization above 2^128.

use std::fmt;

use crate::factors::{Certainty, Factors};
use crate::natural::Natural;
use crate::primality::PROVEN_BELOW;

/// The prime factors of a natural number, with multiplicity, in ascending order.
///
/// [`factor_natural`](crate::factor_natural()) returns it. It displays as the primes with a space
/// between them.
///
/// ```
/// use factorizar::{Natural, factor_natural};
///
/// let factors = factor_natural(&Natural::from(10u64).pow(40))?;
/// assert_eq!(factors.len(), 80);
/// assert_eq!(factors.product(), Natural::from(10u64).pow(40));
/// assert_eq!(factors.sum(), Natural::from(40 * (2 + 5u64)));
/// # Ok::<(), factorizar::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NaturalFactors {
    /// Ascending.
    primes: Vec<Natural>,
}

impl NaturalFactors {
    /// Creates the factors from the primes of one number, in any order.
    pub(crate) fn new(mut primes: Vec<Natural>) -> Self {
        primes.sort_unstable();
        NaturalFactors { primes }
    }

    /// Returns the primes, ascending.
    #[must_use]
    pub fn as_slice(&self) -> &[Natural] {
        &self.primes
    }

    /// Iterates over the primes, ascending.
    pub fn iter(&self) -> std::slice::Iter<'_, Natural> {
        self.primes.iter()
    }

    /// Returns the number of prime factors, counted with multiplicity.
    #[must_use]
    pub fn len(&self) -> usize {
        self.primes.len()
    }

    /// Returns whether there are none, as for 0 and 1.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.primes.is_empty()
    }

    /// Returns whether all factors are proven prime, as those below 3.3e24 are.
    #[must_use]
    pub fn certainty(&self) -> Certainty {
        self.primes.last().map_or(Certainty::Proven, certainty)
    }

    /// Iterates over the primes, ascending, each with its own certainty.
    ///
    /// [`prove_prime`](crate::prove_prime()) looks for a certificate of a probable one.
    ///
    /// ```
    /// use factorizar::{Certainty, Natural, factor_natural};
    ///
    /// let n: Natural = "10000000000000000000000000000000000000121".parse()?;
    /// let factors = factor_natural(&n.mul_add_u64(33, 0))?;
    /// let certainties: Vec<Certainty> = factors.with_certainty().map(|(_, is)| is).collect();
    /// assert_eq!(
    ///     certainties,
    ///     [Certainty::Proven, Certainty::Proven, Certainty::Probable]
    /// );
    /// # Ok::<(), factorizar::Error>(())
    /// ```
    pub fn with_certainty(&self) -> impl Iterator<Item = (&Natural, Certainty)> {
        self.iter().map(|prime| (prime, certainty(prime)))
    }

    /// Returns the product of the primes: the number they came from, or 1 for 0.
    #[must_use]
    pub fn product(&self) -> Natural {
        let one = Natural::from(1u64);
        self.iter().fold(one, |product, prime| &product * prime)
    }

    /// Returns the sum of the primes: 0 for 0 and 1, and never more than the number they came from.
    #[must_use]
    pub fn sum(&self) -> Natural {
        self.iter().fold(Natural::ZERO, |sum, prime| &sum + prime)
    }
}

/// Returns the certainty of a factor.
fn certainty(prime: &Natural) -> Certainty {
    Certainty::of_prime(*prime >= PROVEN_BELOW.into())
}

impl From<Factors> for NaturalFactors {
    fn from(factors: Factors) -> Self {
        NaturalFactors {
            primes: factors.iter().map(Natural::from).collect(),
        }
    }
}

impl fmt::Display for NaturalFactors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, prime) in self.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{prime}")?;
        }
        Ok(())
    }
}

impl<'a> IntoIterator for &'a NaturalFactors {
    type Item = &'a Natural;
    type IntoIter = std::slice::Iter<'a, Natural>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for NaturalFactors {
    type Item = Natural;
    type IntoIter = std::vec::IntoIter<Natural>;

    fn into_iter(self) -> Self::IntoIter {
        self.primes.into_iter()
    }
}
