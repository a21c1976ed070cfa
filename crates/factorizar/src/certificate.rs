//! Certificates that a number is prime, by the factors of its predecessor.
//!
//! A certificate of n has prime factors q of n - 1, with a witness each. [`check`] verifies it
//! without trust in its origin; [`prove`] makes one, if a stated effort factors enough of n - 1.
//! Factors that are too large to be proven by Miller-Rabin have a step of their own.
//!
//! Cost: a certificate of 100 digits is checked in some milliseconds.
//!
//! Sources: Henry C. Pocklington, "The determination of the prime or composite nature of large
//! numbers by Fermat's theorem", 1914; John Brillhart, Derrick H. Lehmer and John L. Selfridge, "New
//! primality criteria and factorizations of 2^m ± 1", Mathematics of Computation 29 (1975).

mod check;
pub(crate) mod error;
pub(crate) mod prove;
mod text;

use crate::natural::Natural;

/// The most steps of a certificate.
pub(crate) const MAX_STEPS: usize = 64;

/// The most factors of all steps together. Each is checked by a power modulo the step's number.
pub(crate) const MAX_FACTORS: usize = 256;

/// A proof that a number is prime, which anyone can check.
///
/// [`prove_prime`](crate::prove_prime) makes certificates. They are displayed as text, and parsed
/// from it. A parsed certificate claims something; [`Certificate::check`] says whether it is true.
///
/// ```
/// use factorizar::{Certificate, Control, Natural, Primality, prove_prime};
///
/// let n = Natural::from(2u64).pow(127).checked_sub(&1u64.into()).unwrap_or_default();
/// let Primality::Certified(certificate) = prove_prime(&n, &Control::new())? else {
///     panic!("2^127 - 1 has a certificate");
/// };
/// let text = certificate.to_string();
/// assert!(text.starts_with("factorizar prime certificate 1\nprime 170141183460469231731687"));
/// let parsed: Certificate = text.parse()?;
/// parsed.check(&Control::new())?;
/// assert_eq!(parsed.prime(), &n);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Certificate {
    /// The number and its factors first; then those factors that need a proof, descending.
    ///
    /// Invariant: there is at least one step.
    steps: Vec<Step>,
}

/// The proof of one number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Step {
    prime: Natural,
    factors: Vec<Factor>,
}

/// A prime factor q of n - 1, with its witness: a^(n - 1) = 1 modulo n, and a^((n - 1) / q) - 1 has
/// no factor in common with n.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Factor {
    prime: Natural,
    witness: u64,
}

impl Certificate {
    /// Returns the number that the certificate is for.
    #[must_use]
    pub fn prime(&self) -> &Natural {
        static ZERO: Natural = Natural::ZERO;
        self.steps.first().map_or(&ZERO, |step| &step.prime)
    }
}
