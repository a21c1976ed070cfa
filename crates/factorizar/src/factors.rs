//! The result of a factorization: prime factors, and whether they are proven prime.

pub(crate) mod natural;

use std::fmt;

use crate::primality::PROVEN_BELOW;

/// The certainty that a factor is prime, or that each factor of a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Certainty {
    /// The factor, or each factor, is proven prime.
    Proven,
    /// The factor, or at least one factor, is a Baillie-PSW probable prime. No composite is known
    /// that passes this test, but it is not proven that none exists.
    Probable,
}

impl Certainty {
    /// Returns the certainty of a prime, from whether the test is no proof for its size.
    fn of_prime(beyond_proof: bool) -> Self {
        if beyond_proof {
            Certainty::Probable
        } else {
            Certainty::Proven
        }
    }
}

/// The prime factors of a number, with multiplicity, in ascending order.
///
/// [`factor`](crate::factor()) returns it. It reads as a list of `u128`, and displays as the primes
/// with a space between them.
///
/// ```
/// let factors = factorizar::factor(360);
/// assert_eq!(factors.as_slice(), [2, 2, 2, 3, 3, 5]);
/// assert_eq!(factors.to_string(), "2 2 2 3 3 5");
/// assert_eq!(factors.product(), 360);
/// assert_eq!(factors.sum(), 17);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Factors {
    /// Ascending.
    primes: Vec<u128>,
}

impl Factors {
    /// Creates the factors from the primes of one number below 2^128, in any order.
    pub(crate) fn new(mut primes: Vec<u128>) -> Self {
        primes.sort_unstable();
        Factors { primes }
    }

    /// Returns the primes, ascending.
    #[must_use]
    pub fn as_slice(&self) -> &[u128] {
        &self.primes
    }

    /// Iterates over the primes, ascending.
    pub fn iter(&self) -> std::iter::Copied<std::slice::Iter<'_, u128>> {
        self.primes.iter().copied()
    }

    /// Returns the number of prime factors, counted with multiplicity: 127 at most.
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
    ///
    /// ```
    /// use factorizar::{Certainty, factor};
    ///
    /// assert_eq!(factor(3 * ((1 << 61) - 1)).certainty(), Certainty::Proven);
    /// assert_eq!(factor(3 * ((1 << 89) - 1)).certainty(), Certainty::Probable);
    /// ```
    #[must_use]
    pub fn certainty(&self) -> Certainty {
        let largest = self.primes.last();
        Certainty::of_prime(largest.is_some_and(|&largest| largest >= PROVEN_BELOW))
    }

    /// Iterates over the primes, ascending, each with its own certainty.
    ///
    /// ```
    /// use factorizar::{Certainty, factor};
    ///
    /// let factors = factor(3 * ((1 << 89) - 1));
    /// let each: Vec<_> = factors.with_certainty().collect();
    /// assert_eq!(each[0], (3, Certainty::Proven));
    /// assert_eq!(each[1], ((1 << 89) - 1, Certainty::Probable));
    /// ```
    pub fn with_certainty(&self) -> impl Iterator<Item = (u128, Certainty)> {
        self.iter()
            .map(|prime| (prime, Certainty::of_prime(prime >= PROVEN_BELOW)))
    }

    /// Returns the product of the primes: the number they came from, or 1 for 0.
    #[must_use]
    pub fn product(&self) -> u128 {
        self.iter().product()
    }

    /// Returns the sum of the primes: 0 for 0 and 1, and never more than the number they came from.
    #[must_use]
    pub fn sum(&self) -> u128 {
        self.iter().sum()
    }
}

impl fmt::Display for Factors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, prime) in self.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{prime}")?;
        }
        Ok(())
    }
}

impl AsRef<[u128]> for Factors {
    fn as_ref(&self) -> &[u128] {
        self.as_slice()
    }
}

impl<'a> IntoIterator for &'a Factors {
    type Item = u128;
    type IntoIter = std::iter::Copied<std::slice::Iter<'a, u128>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Factors {
    type Item = u128;
    type IntoIter = std::vec::IntoIter<u128>;

    fn into_iter(self) -> Self::IntoIter {
        self.primes.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_a_sorted_list() {
        let factors = Factors::new(vec![443, 2, 409]);
        assert_eq!(factors.as_slice(), [2, 409, 443]);
        assert_eq!(factors.as_ref(), factors.as_slice());
        assert_eq!((factors.len(), factors.is_empty()), (3, false));
        assert_eq!((&factors).into_iter().collect::<Vec<_>>(), [2, 409, 443]);
        assert_eq!(factors.to_string(), "2 409 443");
        assert_eq!(factors.into_iter().rev().collect::<Vec<_>>(), [443, 409, 2]);
    }

    #[test]
    fn certainty_of_each() {
        let largest_proven = 3_317_044_064_679_887_385_961_813;
        let factors = Factors::new(vec![(1 << 89) - 1, 2, largest_proven]);
        let each: Vec<Certainty> = factors.with_certainty().map(|(_, is)| is).collect();
        assert_eq!(
            each,
            [Certainty::Proven, Certainty::Proven, Certainty::Probable]
        );
        let natural = natural::NaturalFactors::from(factors.clone());
        assert!(natural.with_certainty().map(|(_, is)| is).eq(each));
        assert_eq!(natural.certainty(), factors.certainty());
    }

    #[test]
    fn none() {
        let none = Factors::new(Vec::new());
        assert!(none.is_empty());
        assert_eq!(
            (none.product(), none.sum(), none.to_string()),
            (1, 0, String::new())
        );
    }
}
