//! The prime factors of one number.
//!
//! Trial division finds the small primes. A cofactor that remains is tested for primality, or split
//! in two by the algorithm that suits its size ([`divisor`](crate::divisor)), until all parts are
//! prime.

pub(crate) mod natural;

use crate::control::{Control, Progress, StopReason};
use crate::divisor::find_divisor;
use crate::factors::Factors;
use crate::primality::is_prime_past_trial;
use crate::trial_division;
use crate::unfinished::Unfinished;

/// Returns the prime factors of `n`, with multiplicity, in ascending order.
///
/// 0 and 1 have none. The factors of every other number multiply to it. Each is prime by the test
/// of [`is_prime`](crate::is_prime): proven below 3.3e24, a Baillie-PSW probable prime from there
/// on. [`Factors::certainty`] tells which.
///
/// This call cannot be interrupted; [`factor_with`] can. It takes some milliseconds at most.
///
/// ```
/// use factorizar::factor;
///
/// assert_eq!(factor(23_434_252_232_434).as_slice(), [2, 409, 443, 1327, 48733]);
/// assert!(factor(1).is_empty());
/// ```
#[must_use]
pub fn factor(n: u128) -> Factors {
    let mut factorization = Factorization::new();
    let ended = factorization.run(n, &Control::new());
    debug_assert_eq!(ended, Ok(()), "nothing stops a control by default");
    Factors::new(factorization.primes)
}

/// Returns the prime factors of `n`, as [`factor`] does, by a computation that can be stopped.
///
/// # Errors
///
/// [`Unfinished`] if `control` stopped it. It holds the factors found so far, and the cofactor.
///
/// ```
/// use factorizar::{Control, StopReason, factor_with};
///
/// let hard = ((1 << 61) - 1) * 1_000_000_007;
/// assert_eq!(factor_with(hard, &Control::new())?.len(), 2);
/// let left = factor_with(hard, &Control::new().deadline(|| true)).unwrap_err();
/// assert_eq!(left.reason(), StopReason::OutOfTime);
/// # Ok::<(), factorizar::Unfinished>(())
/// ```
pub fn factor_with(n: u128, control: &Control) -> Result<Factors, Unfinished> {
    let mut factorization = Factorization::new();
    let ended = factorization.run(n, control);
    let factors = Factors::new(factorization.primes);
    ended
        .map(|()| factors.clone())
        .map_err(|reason| Unfinished::new(factors, factorization.cofactors.product(), reason))
}

/// A factorization in progress: the primes found, and the cofactors that may be composite.
///
/// Invariant: between two steps, the product of `primes` and `cofactors` is the number.
#[derive(Debug)]
pub(crate) struct Factorization {
    /// The primes found so far, in any order.
    pub(crate) primes: Vec<u128>,
    cofactors: Cofactors,
    /// A cofactor below this is prime: the square of the bound of the trial division.
    prime_below: u64,
}

impl Factorization {
    pub(crate) fn new() -> Self {
        Factorization {
            primes: Vec::with_capacity(16),
            cofactors: Cofactors::default(),
            prime_below: 0,
        }
    }

    fn run(&mut self, n: u128, control: &Control) -> Result<(), StopReason> {
        if n < 2 {
            return Ok(());
        }
        let rest = trial_division::divide_out(n, &mut self.primes);
        for &prime in &self.primes {
            control.report(Progress::Prime(prime));
        }
        self.prime_below = rest.prime_below;
        if rest.number > 1 {
            self.split(rest.number, control)?;
        }
        Ok(())
    }

    /// Appends the primes of `rest`, which is above 1 and has no prime that trial division finds.
    pub(crate) fn split(&mut self, rest: u128, control: &Control) -> Result<(), StopReason> {
        self.cofactors.push(rest);
        while let Some(cofactor) = self.cofactors.last() {
            if cofactor < self.prime_below.into() || is_prime_past_trial(cofactor) {
                control.report(Progress::Prime(cofactor));
                self.primes.push(cofactor);
                self.cofactors.pop();
            } else {
                // A stop leaves the cofactor where it is, so that `Unfinished` reports it.
                let divisor = find_divisor(cofactor, control)?;
                self.cofactors.pop();
                self.cofactors.push(divisor);
                self.cofactors.push(quotient(cofactor, divisor));
            }
        }
        Ok(())
    }
}

/// Returns `n / divisor`, by a division of 64 bits where both fit.
fn quotient(n: u128, divisor: u128) -> u128 {
    match (u64::try_from(n), u64::try_from(divisor)) {
        (Ok(n), Ok(divisor)) => (n / divisor).into(),
        _ => n / divisor,
    }
}

/// A stack of the cofactors of one number.
///
/// Twelve suffice: the number is below 2^128, and the primes of each cofactor are above 2^10.
#[derive(Debug, Default)]
struct Cofactors {
    stack: [u128; 12],
    len: usize,
}

impl Cofactors {
    fn push(&mut self, cofactor: u128) {
        self.stack[self.len] = cofactor;
        self.len += 1;
    }

    fn pop(&mut self) {
        self.len -= 1;
    }

    fn last(&self) -> Option<u128> {
        self.stack[..self.len].last().copied()
    }

    fn product(&self) -> u128 {
        self.stack[..self.len].iter().product()
    }
}
