//! The prime factors of a natural number of any size.
//!
//! Trial division finds the primes below 2^14. Cofactors that remain are tested for primality, or
//! split by the algorithm that suits their size, until all are prime. Those below 2^128 go the way
//! of [`factor`](super::factor).

use crate::control::{Control, Progress, StopReason};
use crate::divisor::natural::find_divisor;
use crate::error::Error;
use crate::factor::factor_with;
use crate::factors::natural::NaturalFactors;
use crate::natural::Natural;
use crate::small_primes::SMALL_PRIMES;
use crate::unfinished::natural::UnfinishedNatural;

/// Returns the prime factors of `n`, with multiplicity, in ascending order.
///
/// 0 and 1 have none. The factors of every other number multiply to it. Each is prime by the test
/// of [`Natural::is_prime`].
///
/// This call cannot be interrupted; [`factor_natural_with`] can. A product of two primes of like
/// size takes seconds at 70 digits, and ten times as long for every ten digits more.
///
/// # Errors
///
/// [`Error::TooLong`] if `n` has more than [`Natural::MAX_DIGITS`].
///
/// ```
/// use factorizar::{Natural, factor_natural};
///
/// let n: Natural = "1000000000000000000000000000000000000000000000000000001".parse()?;
/// let factors = factor_natural(&n)?;
/// assert_eq!(factors.product(), n);
/// assert_eq!(factors.as_slice()[0], Natural::from(101u64));
/// # Ok::<(), factorizar::Error>(())
/// ```
pub fn factor_natural(n: &Natural) -> Result<NaturalFactors, Error> {
    factor_natural_with(n, &Control::new())
}

/// Returns the prime factors of `n`, as [`factor_natural`] does, by a computation that can be
/// stopped.
///
/// # Errors
///
/// That of [`factor_natural`], and [`Error::Stopped`] if `control` stopped it. It holds the factors
/// found so far, and the cofactors.
///
/// ```
/// use factorizar::{Control, Error, Natural, factor_natural_with};
///
/// let hard: Natural = "1000000000000000000000000000000000000000000000000000001".parse()?;
/// match factor_natural_with(&hard, &Control::new().deadline(|| true)) {
///     Err(Error::Stopped(left)) => assert_eq!(left.factors().to_string(), "101 109 9901"),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Error>(())
/// ```
pub fn factor_natural_with(n: &Natural, control: &Control) -> Result<NaturalFactors, Error> {
    let digits = n.digits();
    if digits > Natural::MAX_DIGITS {
        return Err(Error::TooLong { digits });
    }
    let mut factorization = Factorization::default();
    let ended = factorization.run(n, control);
    let factors = NaturalFactors::new(factorization.primes);
    match ended {
        Ok(()) => Ok(factors),
        Err(reason) => Err(Error::Stopped(UnfinishedNatural::new(
            factors,
            factorization.cofactors,
            reason,
        ))),
    }
}

/// A factorization in progress.
///
/// Invariant: between two steps, the product of `primes` and `cofactors` is the number.
#[derive(Debug, Default)]
struct Factorization {
    primes: Vec<Natural>,
    /// Cofactors that may be composite.
    cofactors: Vec<Natural>,
}

impl Factorization {
    fn run(&mut self, n: &Natural, control: &Control) -> Result<(), StopReason> {
        if n.is_zero() || n.is_one() {
            return Ok(());
        }
        let mut rest = n.clone();
        if rest.to_u128().is_none() {
            for p in SMALL_PRIMES.map(u32::from) {
                while rest.rem_u32(p) == Some(0)
                    && let Some((quotient, _)) = rest.div_rem_u64(p.into())
                {
                    control.report(Progress::Prime(p.into()));
                    self.primes.push(p.into());
                    rest = quotient;
                }
            }
        }
        if !rest.is_one() {
            self.cofactors.push(rest);
        }
        // A stop leaves a cofactor where it is, so that it is reported.
        while let Some(cofactor) = self.cofactors.last() {
            if let Some(small) = cofactor.to_u128() {
                self.split_small(small, control)?;
            } else if cofactor.is_prime_with(control)? {
                control.report(Progress::LargePrime {
                    bits: cofactor.bits(),
                });
                self.primes.extend(self.cofactors.pop());
            } else {
                control.poll()?;
                let divisor = find_divisor(cofactor, control)?;
                if let Some(quotient) = cofactor.exact_quotient(&divisor) {
                    self.cofactors.pop();
                    self.cofactors.extend([divisor, quotient]);
                }
            }
        }
        Ok(())
    }

    /// Factors the last cofactor, which is `small`.
    fn split_small(&mut self, small: u128, control: &Control) -> Result<(), StopReason> {
        let (factors, stop) = match factor_with(small, control) {
            Ok(factors) => (factors, Ok(())),
            Err(left) => (
                left.factors().clone(),
                Err((left.cofactor(), left.reason())),
            ),
        };
        self.cofactors.pop();
        self.primes.extend(factors.iter().map(Natural::from));
        stop.map_err(|(cofactor, reason)| {
            self.cofactors.push(cofactor.into());
            reason
        })
    }
}
