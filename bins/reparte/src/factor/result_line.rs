//! The line that is printed for a number.

use std::fmt;

use factorizar::{Natural, Primality};
use serde_json::{Value as Json, json};

use crate::factor::flags::OutputFormat;
use crate::factor::proofs::ProvenFactor;

/// A number and its factors. Displays as a line without its end.
pub(super) struct ResultLine<'a> {
    pub(super) n: &'a Natural,
    pub(super) factors: &'a [ProvenFactor],
    pub(super) format: OutputFormat,
}

impl ResultLine<'_> {
    fn json(&self) -> Json {
        let factor = |factor: &ProvenFactor| {
            let (proof, certificate) = match &factor.primality {
                Primality::Certified(certificate) => {
                    ("certificate", Json::String(certificate.to_string()))
                }
                Primality::Proven => ("test", Json::Null),
                _ => ("none", Json::Null),
            };
            json!({
                "prime": factor.prime.to_string(),
                "exponent": factor.exponent,
                "proof": proof,
                "certificate": certificate,
            })
        };
        let factors: Vec<Json> = self.factors.iter().map(factor).collect();
        json!({ "number": self.n.to_string(), "factors": factors })
    }
}

impl fmt::Display for ResultLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.format == OutputFormat::Json {
            return write!(f, "{}", self.json());
        }
        write!(f, "{}:", self.n)?;
        for factor in self.factors {
            for _ in 0..factor.exponent {
                write!(f, " {}", factor.prime)?;
            }
        }
        Ok(())
    }
}
