//! The check of a factorization at its end: the product, and a proof for each prime.

use factorizar::{Control, Natural, Primality, prove_prime};

use crate::factor::stop::Stop;

/// A prime factor, how often it divides the number, and its proof.
#[derive(Debug)]
pub(super) struct ProvenFactor {
    pub(super) prime: Natural,
    pub(super) exponent: usize,
    pub(super) primality: Primality,
}

/// Checks that these primes, ascending, multiply to `n`, and proves each.
pub(super) fn prove(
    n: &Natural,
    primes: &[Natural],
    control: &Control,
) -> Result<Vec<ProvenFactor>, Stop> {
    let wrong = |what: String| Stop::failed(format!("{n} was factored wrongly: {what}"));
    let product = primes
        .iter()
        .fold(Natural::from(1u64), |product, prime| &product * prime);
    if !n.is_zero() && product != *n {
        return Err(wrong("the factors do not multiply to it".to_owned()));
    }
    let mut factors = Vec::new();
    for same in primes.chunk_by(|one, other| one == other) {
        let Some(prime) = same.first() else {
            continue;
        };
        let primality = prove_prime(prime, control)?;
        let is_proven = match &primality {
            Primality::Composite => Err("it is composite".to_owned()),
            Primality::Certified(certificate) => certificate
                .check(control)
                .map_err(|error| error.to_string()),
            _ => Ok(()),
        };
        is_proven.map_err(|why| wrong(format!("{prime}: {why}")))?;
        factors.push(ProvenFactor {
            prime: prime.clone(),
            exponent: same.len(),
            primality,
        });
    }
    Ok(factors)
}
