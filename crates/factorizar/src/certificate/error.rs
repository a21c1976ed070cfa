//! The reasons why a certificate is refused.

use std::error;
use std::fmt;

use crate::certificate::{MAX_FACTORS, MAX_STEPS};
use crate::control::StopReason;
use crate::natural::Natural;

/// The reason why a certificate is refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CertificateError {
    /// The first line is not that of a certificate of this version.
    Version,
    /// A line is neither `prime N` nor `factor Q witness A`, or a factor comes first.
    Malformed {
        /// The number of the line, from 1 on.
        line: usize,
    },
    /// A number has more than [`Natural::MAX_DIGITS`] digits.
    TooLong {
        /// The number of the line, from 1 on.
        line: usize,
    },
    /// There are more steps or factors than a certificate may have.
    TooMany,
    /// The numbers of the steps do not descend, or the factors of a step do not ascend.
    Order {
        /// The number that is out of order.
        number: Natural,
    },
    /// A number is not prime.
    NotPrime {
        /// The number.
        number: Natural,
    },
    /// A factor does not divide the predecessor of its prime.
    NotAFactor {
        /// The prime to prove.
        prime: Natural,
        /// The claimed factor.
        factor: Natural,
    },
    /// A factor is too large to be proven prime by a test, and no step proves it.
    Unproven {
        /// The factor.
        factor: Natural,
    },
    /// A witness does not prove what it should.
    Witness {
        /// The prime to prove.
        prime: Natural,
        /// The factor of its predecessor.
        factor: Natural,
        /// The witness.
        witness: u64,
    },
    /// The product of the factors is below the cube root of the prime to prove.
    TooFewFactors {
        /// The prime to prove.
        prime: Natural,
    },
    /// The check was stopped by its [`Control`](crate::Control).
    Stopped(StopReason),
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CertificateError::Version => {
                f.write_str("the text does not begin with \"factorizar prime certificate 1\"")
            }
            CertificateError::Malformed { line } => write!(
                f,
                "line {line} is malformed: write \"prime N\", then \"factor Q witness A\" for each \
                 factor, with digits alone and no leading zeros"
            ),
            CertificateError::TooLong { line } => write!(
                f,
                "line {line} has a number that is too large: write {} digits at most",
                Natural::MAX_DIGITS
            ),
            CertificateError::TooMany => write!(
                f,
                "the certificate is too large: it may have {MAX_STEPS} primes and {MAX_FACTORS} \
                 factors at most"
            ),
            CertificateError::Order { number } => write!(
                f,
                "{number} is out of order: primes descend, the factors of each ascend"
            ),
            CertificateError::NotPrime { number } => write!(f, "{number} is not prime"),
            CertificateError::NotAFactor { prime, factor } => {
                write!(f, "{factor} does not divide {prime} - 1")
            }
            CertificateError::Unproven { factor } => {
                write!(
                    f,
                    "{factor} needs a proof: add \"prime {factor}\" with its factors"
                )
            }
            CertificateError::Witness {
                prime,
                factor,
                witness,
            } => write!(f, "{witness} is no witness of {factor} for {prime}"),
            CertificateError::TooFewFactors { prime } => write!(
                f,
                "{prime} is not proven: the factors of {prime} - 1 must multiply to its cube root"
            ),
            CertificateError::Stopped(reason) => reason.fmt(f),
        }
    }
}

impl error::Error for CertificateError {}

impl From<StopReason> for CertificateError {
    fn from(reason: StopReason) -> Self {
        CertificateError::Stopped(reason)
    }
}
