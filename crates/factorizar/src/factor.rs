//! The order in which the algorithms are tried.
//!
//! Small primes go by trial division. What is left is split, and its parts split again, until all
//! are prime.

use crate::ladder::divisor;
use crate::primality::is_prime_past_trial;
use crate::{Control, Factors, Progress, Stop, Unfinished, trial};

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
    let mut work = Work::new();
    let ended = work.run(n, &Control::new());
    debug_assert_eq!(ended, Ok(()), "nothing stops a control by default");
    Factors::new(work.primes)
}

/// The prime factors of `n`, as [`factor`] gives them, by a computation that can be stopped.
///
/// # Errors
///
/// [`Unfinished`] when `control` stopped it: with the factors found so far, and the cofactor.
///
/// ```
/// use factorizar::{Control, Stop, factor_with};
///
/// let hard = ((1 << 61) - 1) * 1_000_000_007;
/// assert_eq!(factor_with(hard, &Control::new())?.len(), 2);
/// let left = factor_with(hard, &Control::new().deadline(|| true)).unwrap_err();
/// assert_eq!(left.reason(), Stop::OutOfTime);
/// # Ok::<(), factorizar::Unfinished>(())
/// ```
pub fn factor_with(n: u128, control: &Control) -> Result<Factors, Unfinished> {
    let mut work = Work::new();
    let ended = work.run(n, control);
    let factors = Factors::new(work.primes);
    ended
        .map(|()| factors.clone())
        .map_err(|reason| Unfinished::new(factors, work.parts.product(), reason))
}

/// The primes of one number, and its parts that are not known to be prime.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) primes: Vec<u128>,
    parts: Parts,
    /// A part below this is prime.
    prime_below: u64,
}

impl Work {
    pub(crate) fn new() -> Self {
        Work {
            primes: Vec::with_capacity(16),
            parts: Parts::default(),
            prime_below: 0,
        }
    }

    fn run(&mut self, n: u128, control: &Control) -> Result<(), Stop> {
        if n < 2 {
            return Ok(());
        }
        let rest = trial::divide_out(n, &mut self.primes);
        for &prime in &self.primes {
            control.tell(Progress::Prime(prime));
        }
        self.prime_below = rest.prime_below;
        if rest.number > 1 {
            self.split(rest.number, control)?;
        }
        Ok(())
    }

    /// Appends the primes of `rest`, which trial division left and is not 1.
    pub(crate) fn split(&mut self, rest: u128, control: &Control) -> Result<(), Stop> {
        self.parts.push(rest);
        while let Some(part) = self.parts.last() {
            if part < self.prime_below.into() || is_prime_past_trial(part) {
                control.tell(Progress::Prime(part));
                self.primes.push(part);
                self.parts.pop();
            } else {
                let divisor = divisor(part, control)?;
                self.parts.pop();
                self.parts.push(divisor);
                self.parts.push(quotient(part, divisor));
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

/// Parts of a number below 2^128, without primes below 2^10: twelve at most.
#[derive(Debug, Default)]
struct Parts {
    parts: [u128; 12],
    len: usize,
}

impl Parts {
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
