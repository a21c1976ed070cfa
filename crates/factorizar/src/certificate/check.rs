//! The check of a certificate.
//!
//! Let F be the product of the powers in which the factors q divide n - 1. By the witnesses, every
//! prime factor of n is 1 modulo F (Pocklington). If F^2 > n, there is one alone. If F^3 >= n, there
//! are two at most: n = (a F + 1) (b F + 1) with a + b < F and a b < F, so that the digits of n to
//! base F are 1, a + b and a b. They are those of no product if (a + b)^2 - 4 a b is not a square
//! (Brillhart, Lehmer and Selfridge, theorem 5).
//!
//! Cost: one power modulo n for each factor.

use crate::certificate::error::CertificateError;
use crate::certificate::{Certificate, Factor, Step};
use crate::control::{Control, StopReason};
use crate::montgomery::dispatch;
use crate::montgomery::ring::{Ring, RingComputation};
use crate::natural::Natural;
use crate::primality::PROVEN_BELOW;

impl Certificate {
    /// Checks that the certificate proves its number prime.
    ///
    /// # Errors
    ///
    /// A [`CertificateError`] that says why it does not, or that `control` stopped the check.
    pub fn check(&self, control: &Control) -> Result<(), CertificateError> {
        let mut rest = self.steps.as_slice();
        while let Some((step, later)) = rest.split_first() {
            if let Some(next) = later.first().filter(|next| next.prime >= step.prime) {
                let number = next.prime.clone();
                return Err(CertificateError::Order { number });
            }
            // Steps descend, hence no number is proven by itself.
            step.check(later, control)?;
            rest = later;
        }
        Ok(())
    }
}

impl Step {
    fn check(&self, later: &[Step], control: &Control) -> Result<(), CertificateError> {
        let n = &self.prime;
        for pair in self.factors.windows(2) {
            if let [before, factor] = pair
                && before.prime >= factor.prime
            {
                let number = factor.prime.clone();
                return Err(CertificateError::Order { number });
            }
        }
        for Factor { prime: factor, .. } in &self.factors {
            if !is_proven_by_test(factor) && !later.iter().any(|step| step.prime == *factor) {
                let factor = factor.clone();
                return Err(match factor < PROVEN_BELOW.into() {
                    true => CertificateError::NotPrime { number: factor },
                    false => CertificateError::Unproven { factor },
                });
            }
        }
        if *n < PROVEN_BELOW.into() && self.factors.is_empty() {
            let number = n.clone();
            return is_proven_by_test(n)
                .then_some(())
                .ok_or(CertificateError::NotPrime { number });
        }
        check_factors(n, &self.factors, control)
    }
}

/// Returns whether a number is prime by a test that is a proof.
fn is_proven_by_test(n: &Natural) -> bool {
    *n < PROVEN_BELOW.into() && n.is_prime()
}

/// Checks that `n` is prime, from factors that are prime and ascend.
pub(super) fn check_factors(
    n: &Natural,
    factors: &[Factor],
    control: &Control,
) -> Result<(), CertificateError> {
    let not_prime = || CertificateError::NotPrime { number: n.clone() };
    if !n.is_odd() || n.is_one() {
        return Err(not_prime());
    }
    let product = factored_part(n, factors)?;
    for factor in factors {
        control.poll()?;
        if !dispatch::run(n, Witness { factor, control })? {
            return Err(CertificateError::Witness {
                prime: n.clone(),
                factor: factor.prime.clone(),
                witness: factor.witness,
            });
        }
    }
    match proves(n, &product) {
        Some(true) => Ok(()),
        Some(false) => Err(not_prime()),
        None => Err(CertificateError::TooFewFactors { prime: n.clone() }),
    }
}

/// Returns F, the product of the powers in which the factors divide n - 1.
fn factored_part(n: &Natural, factors: &[Factor]) -> Result<Natural, CertificateError> {
    let even = &(n >> 1) << 1;
    let mut product = Natural::from(1u64);
    for Factor { prime, .. } in factors {
        let mut rest = even.exact_quotient(prime);
        if rest.is_none() {
            return Err(CertificateError::NotAFactor {
                prime: n.clone(),
                factor: prime.clone(),
            });
        }
        while let Some(quotient) = rest {
            product = &product * prime;
            rest = quotient.exact_quotient(prime);
        }
    }
    Ok(product)
}

/// Returns whether `n` is prime if every prime factor of it is 1 modulo `product`, which divides
/// n - 1; `None` if `product` is too small to say so.
pub(super) fn proves(n: &Natural, product: &Natural) -> Option<bool> {
    let square = product * product;
    if square > *n {
        return Some(true);
    }
    if &square * product < *n {
        return None;
    }
    // n = (a b) F^2 + (a + b) F + 1, if it is composite.
    let (upper, _) = n.div_rem(product)?;
    let (two, one) = upper.div_rem(product)?;
    let discriminant = (&one * &one).checked_sub(&(&two << 2));
    Some(discriminant.is_none_or(|number| number.isqrt().pow(2) != number))
}

/// The powers of a witness for a factor of n - 1.
pub(super) struct Witness<'a> {
    pub(super) factor: &'a Factor,
    pub(super) control: &'a Control,
}

impl RingComputation for Witness<'_> {
    type Output = Result<bool, StopReason>;

    fn run<R: Ring>(self, ring: &R) -> Self::Output {
        let Factor { prime, witness } = self.factor;
        let n = ring.modulus();
        let Some(quotient) = (&(&n >> 1) << 1).exact_quotient(prime) else {
            return Ok(false);
        };
        let power = ring.pow_with(&ring.small(*witness), &quotient, self.control)?;
        let difference = ring.number(&ring.sub(&power, &ring.one()));
        Ok(
            ring.pow_with(&power, prime, self.control)? == ring.one()
                && difference.gcd(&n).is_one(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primality::is_prime;

    /// Returns the witness of each prime factor up to `bound` of n - 1, if all have one below 50.
    fn factors_of(n: u64, bound: u64) -> Option<Vec<Factor>> {
        let primes =
            (2..=bound.min(n - 1)).filter(|&q| (n - 1).is_multiple_of(q) && is_prime(q.into()));
        primes
            .map(|q| {
                let factor = |witness| Factor {
                    prime: q.into(),
                    witness,
                };
                let mut all = (2..50).map(factor);
                let control = &Control::new();
                all.find(|factor| dispatch::run(&n.into(), Witness { factor, control }) == Ok(true))
            })
            .collect()
    }

    /// No composite is proven, with any of its factors; every prime is proven with all of them.
    #[test]
    fn small_numbers_are_proven_if_they_are_prime() {
        let mut by_two_digits = 0;
        for n in (3..30_001u64).step_by(2) {
            for bound in [3, 7, 20, n] {
                let Some(factors) = factors_of(n, bound) else {
                    continue;
                };
                let checked = check_factors(&n.into(), &factors, &Control::new());
                match checked {
                    Ok(()) => assert!(is_prime(n.into()), "{n} with factors to {bound}"),
                    Err(error) => {
                        assert!(bound < n || !is_prime(n.into()), "{n} is refused: {error}")
                    }
                }
                let product = factored_part(&n.into(), &factors).unwrap();
                by_two_digits +=
                    u64::from(&product * &product < n.into() && checked_ok(n, &product));
            }
        }
        assert!(by_two_digits > 500, "{by_two_digits} by theorem 5");
    }

    fn checked_ok(n: u64, product: &Natural) -> bool {
        proves(&n.into(), product) == Some(true)
    }

    /// Products of two numbers that are 1 modulo F are never taken for primes.
    #[test]
    fn products_of_two_are_recognized() {
        for f in (2..60u64).step_by(2) {
            for (a, b) in (1..f).flat_map(|a| (a..f).map(move |b| (a, b))) {
                let n = (a * f + 1) * (b * f + 1);
                assert_ne!(proves(&n.into(), &f.into()), Some(true), "{n} with {f}");
            }
        }
    }
}
