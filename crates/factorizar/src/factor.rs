//! The order in which the algorithms are tried.
//!
//! Small primes go by trial division. What is left is split, and its parts split again, until all
//! are prime.

use crate::divisor::find_divisor;
use crate::primality::is_prime_past_trial;
use crate::{Control, Factors, Progress, StopReason, Unfinished, trial_division};

/// The prime factors of `n`, each as often as it divides it, in ascending order.
///
/// 0 and 1 have none. The factors of every other number multiply to it. Each is prime by the test
/// of [`is_prime`](crate::is_prime), hence proven below 3.3e24 and a Baillie-PSW probable prime
/// from there on: [`Factors::certainty`] says which.
///
/// The call cannot be interrupted; [`factor_with`] can.
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

/// The prime factors of `n`, as [`factor`] gives them, by a computation that can be stopped.
///
/// # Errors
///
/// [`Unfinished`] when `control` stopped it: with the factors found so far, and the cofactor.
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

/// The primes of one number, and its parts that are not known to be prime.
#[derive(Debug)]
pub(crate) struct Factorization {
    pub(crate) primes: Vec<u128>,
    cofactors: Cofactors,
    /// A part below this is prime.
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

    /// Appends the primes of `rest`, which trial division left and is not 1.
    pub(crate) fn split(&mut self, rest: u128, control: &Control) -> Result<(), StopReason> {
        self.cofactors.push(rest);
        while let Some(part) = self.cofactors.last() {
            if part < self.prime_below.into() || is_prime_past_trial(part) {
                control.report(Progress::Prime(part));
                self.primes.push(part);
                self.cofactors.pop();
            } else {
                let divisor = find_divisor(part, control)?;
                self.cofactors.pop();
                self.cofactors.push(divisor);
                self.cofactors.push(quotient(part, divisor));
            }
        }
        Ok(())
    }
}

/// `n / divisor`, in one word where that will do.
fn quotient(n: u128, divisor: u128) -> u128 {
    match (u64::try_from(n), u64::try_from(divisor)) {
        (Ok(n), Ok(divisor)) => (n / divisor).into(),
        _ => n / divisor,
    }
}

/// Cofactors of a number below 2^128, without primes below 2^10: twelve at most.
#[derive(Debug, Default)]
struct Cofactors {
    parts: [u128; 12],
    len: usize,
}

impl Cofactors {
    fn push(&mut self, part: u128) {
        self.parts[self.len] = part;
        self.len += 1;
    }

    fn pop(&mut self) {
        self.len -= 1;
    }

    fn last(&self) -> Option<u128> {
        self.parts[..self.len].last().copied()
    }

    fn product(&self) -> u128 {
        self.parts[..self.len].iter().product()
    }
}
