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
    let mut work = Work::default();
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
    let mut work = Work::default();
    let ended = work.run(n, control);
    let factors = Factors::new(work.primes);
    ended
        .map(|()| factors.clone())
        .map_err(|reason| Unfinished::new(factors, work.parts.iter().product(), reason))
}

/// The primes of one number, and its parts that are not known to be prime.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) primes: Vec<u128>,
    parts: Vec<u128>,
}

impl Work {
    fn run(&mut self, n: u128, control: &Control) -> Result<(), Stop> {
        if n < 2 {
            return Ok(());
        }
        let rest = trial::divide_out(n, &mut self.primes);
        for &prime in &self.primes {
            control.tell(Progress::Prime(prime));
        }
        if rest > 1 {
            self.split(rest, control)?;
        }
        Ok(())
    }

    /// Appends the primes of `rest`, which trial division left and is not 1.
    pub(crate) fn split(&mut self, rest: u128, control: &Control) -> Result<(), Stop> {
        self.parts.push(rest);
        while let Some(&part) = self.parts.last() {
            if is_prime_past_trial(part) {
                control.tell(Progress::Prime(part));
                self.primes.push(part);
                self.parts.pop();
            } else {
                let divisor = divisor(part, control)?;
                self.parts.pop();
                self.parts.extend([divisor, part / divisor]);
            }
        }
        Ok(())
    }
}
