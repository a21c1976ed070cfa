//! Limits on what a call costs the server that answers it.

use std::fmt;
use std::time::{Duration, Instant};

use factorizar::{Control, Natural};
use xmlrpc_server::Context;
use xmlrpc_wire::Fault;

/// The limits of a server on each call: the time that it computes, and the size of its number.
///
/// A call beyond them is answered with a fault. For a dispatcher that is the function's own
/// answer: it asks no other server. So all servers of a run should have the same limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkLimits {
    /// The longest time that a call may compute: 600 s by default. The hardest numbers of 80
    /// digits take a tenth of that. So no such call fails because its machine is slow, busy, or
    /// halted for some minutes, and still no call holds a worker for ever.
    pub time: Duration,
    /// The most digits of a call's number, leading zeros not counted: 100 by default, and
    /// [`WorkLimits::MAX_DIGITS`] at most.
    pub digits: usize,
}

impl Default for WorkLimits {
    fn default() -> Self {
        WorkLimits {
            time: Duration::from_secs(600),
            digits: WorkLimits::DEFAULT_DIGITS,
        }
    }
}

impl WorkLimits {
    /// The digits of the largest numbers that the kernel takes.
    pub const MAX_DIGITS: usize = Natural::MAX_DIGITS;

    /// The most digits that are taken unless told otherwise. Products of two primes of like size
    /// take hours at this size; others may be quick.
    pub const DEFAULT_DIGITS: usize = 100;

    /// Refuses a number of so many digits if it is beyond a limit that was set. Numbers that
    /// the kernel can't take are the kernel's to refuse.
    pub(crate) fn admit(self, digits: usize) -> Result<(), Fault> {
        if self.digits == WorkLimits::MAX_DIGITS || digits <= self.digits {
            return Ok(());
        }
        Err(Fault::application(format!(
            "the number has {digits} digits, and this server takes {} at most: send it to \
             another, or start this one with a larger --max-digits",
            self.digits
        )))
    }

    /// Computes for a call. Stops the computation when nobody waits for it any longer (its
    /// client has gone or has cancelled it, or its deadline has passed), or when its time is
    /// over.
    ///
    /// # Errors
    ///
    /// A fault with code 1 if the computation was stopped. It says which factors were found.
    pub fn within<R, E: fmt::Display>(
        self,
        call: &Context,
        work: impl FnOnce(&Control) -> Result<R, E>,
    ) -> Result<R, Fault> {
        let end = Instant::now().checked_add(self.time);
        let waits = call.clone();
        let over = move || waits.is_cancelled() || end.is_some_and(|end| Instant::now() >= end);
        work(&Control::new().deadline(over)).map_err(|left| self.stopped(call, &left))
    }

    /// Returns the fault of a computation that was stopped, with what it left.
    pub(crate) fn stopped(self, call: &Context, left: &dyn fmt::Display) -> Fault {
        Fault::application(match call.is_cancelled() {
            true => left.to_string(),
            false => format!(
                "{left}; this server computes for {} s at most: send what is left to \
                 another, or start this one with a larger --max-seconds",
                self.time.as_secs_f64()
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use factorizar::{Unfinished, factor_with};

    /// Two primes of like size, of 127 bits together, and a small one.
    const HARD: u128 = 2 * 9_223_372_036_854_775_783 * 9_223_372_036_854_775_643;

    /// Work that only its control ends.
    fn endless(control: &Control) -> Result<(), Unfinished> {
        loop {
            factor_with(HARD, control)?;
        }
    }

    fn limits(time: Duration) -> WorkLimits {
        WorkLimits {
            time,
            ..WorkLimits::default()
        }
    }

    #[test]
    fn its_time_ends_a_call_and_the_fault_says_how_far_it_was() {
        for time in [Duration::from_nanos(1), Duration::from_millis(20)] {
            let fault = limits(time).within(&Context::new(), endless).unwrap_err();
            assert_eq!(fault.code, 1);
            let seconds = format!("for {} s at most", time.as_secs_f64());
            for part in ["out of time: found 2", " left ", &seconds, "--max-seconds"] {
                assert!(fault.message.contains(part), "no {part:?} in: {fault}");
            }
        }
    }

    #[test]
    fn a_call_ends_once_nobody_waits() {
        let late = Context::new().with_deadline(Instant::now() + Duration::from_millis(20));
        let cancelled = Context::new();
        let elsewhere = cancelled.clone();
        for call in [late, cancelled] {
            let elsewhere = elsewhere.clone();
            let fault = WorkLimits::default().within(&call, move |control| {
                factor_with(HARD, control)?;
                elsewhere.cancel();
                endless(control)
            });
            let fault = fault.unwrap_err();
            assert!(!fault.message.contains("--max-seconds"), "{fault}");
        }
    }

    #[test]
    fn the_longest_time_is_no_limit() {
        let call = Context::new();
        let sum = limits(Duration::MAX).within(&call, |control| {
            factor_with(12, control).map(|factors| factors.sum())
        });
        assert_eq!(sum, Ok(7));
    }
}
