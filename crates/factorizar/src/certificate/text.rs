//! Certificates as text.
//!
//! ```text
//! factorizar prime certificate 1
//! prime N
//! factor Q witness A
//! ...
//! prime Q
//! factor ...
//! ```
//!
//! Numbers are decimal. Each line ends with a line feed; the last one need not.

use std::fmt;
use std::str::FromStr;

use crate::certificate::error::CertificateError;
use crate::certificate::{Certificate, Factor, MAX_FACTORS, MAX_STEPS, Step};
use crate::natural::Natural;

const FIRST_LINE: &str = "factorizar prime certificate 1";

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        for step in &self.steps {
            writeln!(f, "prime {}", step.prime)?;
            for Factor { prime, witness } in &step.factors {
                writeln!(f, "factor {prime} witness {witness}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Certificate {
    type Err = CertificateError;

    fn from_str(text: &str) -> Result<Self, CertificateError> {
        let mut lines = (1..).zip(text.lines());
        if lines.next() != Some((1, FIRST_LINE)) {
            return Err(CertificateError::Version);
        }
        let mut steps: Vec<Step> = Vec::new();
        let mut factors = 0;
        for (line, text) in lines {
            let malformed = CertificateError::Malformed { line };
            if let Some(prime) = text.strip_prefix("prime ") {
                steps.push(Step {
                    prime: number(prime, line)?,
                    factors: Vec::new(),
                });
            } else {
                let rest = text.strip_prefix("factor ").ok_or(malformed.clone())?;
                let (prime, witness) = rest.split_once(" witness ").ok_or(malformed.clone())?;
                let step = steps.last_mut().ok_or(malformed.clone())?;
                let witness = number(witness, line)?.to_u64().ok_or(malformed)?;
                step.factors.push(Factor {
                    prime: number(prime, line)?,
                    witness,
                });
                factors += 1;
            }
            if steps.len() > MAX_STEPS || factors > MAX_FACTORS {
                return Err(CertificateError::TooMany);
            }
        }
        if steps.is_empty() {
            return Err(CertificateError::Malformed { line: 2 });
        }
        Ok(Certificate { steps })
    }
}

/// Reads a number without leading zeros.
fn number(digits: &str, line: usize) -> Result<Natural, CertificateError> {
    if digits.len() > Natural::MAX_DIGITS {
        return Err(CertificateError::TooLong { line });
    }
    let number = digits.parse::<Natural>().ok();
    let number = number.filter(|_| digits == "0" || !digits.starts_with('0'));
    number.ok_or(CertificateError::Malformed { line })
}
