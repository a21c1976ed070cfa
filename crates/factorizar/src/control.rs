//! Control of a computation from outside: when it stops, who observes it, how many threads it uses.
//!
//! The kernel has no clock and starts no thread unless it is told to. A deadline is a question that
//! the caller answers. It is asked between the steps of the algorithms: once for each number of a
//! batch, for every two or eight elliptic curves, for each polynomial of the quadratic sieve, for
//! every few thousand numbers of a range. That is every few microseconds to a millisecond, so the
//! answer has to be cheap.

use std::error;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag by which any thread cancels a computation.
///
/// Clones share the flag. Once raised it stays raised.
///
/// ```
/// use factorizar::{CancelFlag, Control, StopReason, factor_with};
///
/// let flag = CancelFlag::new();
/// flag.cancel();
/// let control = Control::new().cancel_flag(&flag);
/// let unfinished = factor_with(2 * ((1 << 89) - 1) * 1_000_003, &control).unwrap_err();
/// assert_eq!(unfinished.reason(), StopReason::Cancelled);
/// ```
#[derive(Debug, Clone, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Creates a flag that is not raised.
    #[must_use]
    pub fn new() -> Self {
        CancelFlag::default()
    }

    /// Raises the flag, from any thread.
    pub fn cancel(&self) {
        // Relaxed: the flag carries no other data, and a computation that sees it a moment later
        // stops a moment later.
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns whether the flag is raised.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The reason why a computation ended before its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// Its [`CancelFlag`] was raised.
    Cancelled,
    /// The deadline of its [`Control`] had passed.
    OutOfTime,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StopReason::Cancelled => "cancelled",
            StopReason::OutOfTime => "out of time",
        })
    }
}

impl error::Error for StopReason {}

/// A step of a computation, as its observer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// A prime factor was found.
    Prime(u128),
    /// A prime factor above 2^128 was found.
    #[non_exhaustive]
    LargePrime {
        /// Number of its bits.
        bits: u32,
    },
    /// Elliptic curves were tried on a composite without success.
    #[non_exhaustive]
    Curves {
        /// The composite.
        of: u128,
        /// Number of curves tried so far.
        tried: usize,
    },
    /// Elliptic curves of the same bounds were tried on a composite above 2^128 without success.
    #[non_exhaustive]
    LargeCurves {
        /// Number of bits of the composite.
        bits: u32,
        /// The bound B1 of their first stage.
        b1: u32,
        /// Number of curves with these bounds tried so far.
        tried: u64,
        /// Number of curves with these bounds that will be tried.
        count: u64,
    },
    /// The quadratic sieve has collected relations for a composite.
    #[non_exhaustive]
    Relations {
        /// The composite.
        of: u128,
        /// Number of relations found so far.
        found: usize,
        /// Number of relations that suffice.
        needed: usize,
    },
    /// The quadratic sieve has collected relations for a composite above 2^128.
    #[non_exhaustive]
    Sieve {
        /// Number of bits of the composite.
        bits: u32,
        /// Number of relations found so far, or of sets of them that serve as one.
        found: usize,
        /// Number that suffices.
        needed: usize,
        /// The estimated part of the sieve's time that is over, in thousandths.
        permille: u16,
    },
}

type Deadline = Arc<dyn Fn() -> bool + Send + Sync>;
type Observer = Arc<dyn Fn(Progress) + Send + Sync>;

/// The settings of a computation: cancel flag, deadline, observer, number of threads, seed.
///
/// [`Control::new`] sets none of them: the computation runs to its end, on the calling thread
/// alone, with the seed 0 and no observer. A second call of a setter replaces the first.
///
/// ```
/// use std::time::{Duration, Instant};
/// use factorizar::{CancelFlag, Control, factor_with};
///
/// let end = Instant::now() + Duration::from_secs(60);
/// let flag = CancelFlag::new();
/// let control = Control::new()
///     .cancel_flag(&flag)
///     .deadline(move || Instant::now() >= end)
///     .threads(2);
/// assert_eq!(factor_with(23_434_252_232_434, &control)?.sum(), 50_914);
/// # Ok::<(), factorizar::Unfinished>(())
/// ```
#[derive(Clone, Default)]
pub struct Control {
    cancel_flag: Option<CancelFlag>,
    deadline: Option<Deadline>,
    observer: Option<Observer>,
    threads: Option<NonZeroUsize>,
    seed: u64,
}

impl Control {
    /// Creates a control that never stops a computation.
    #[must_use]
    pub const fn new() -> Self {
        Control {
            cancel_flag: None,
            deadline: None,
            observer: None,
            threads: None,
            seed: 0,
        }
    }

    /// Sets the flag that stops the computation with [`StopReason::Cancelled`] once it is raised.
    ///
    /// The caller keeps `flag`, or a clone of it, to raise it.
    #[must_use]
    pub fn cancel_flag(mut self, flag: &CancelFlag) -> Self {
        self.cancel_flag = Some(flag.clone());
        self
    }

    /// Sets the question that stops the computation with [`StopReason::OutOfTime`] once it is
    /// answered with `true`.
    #[must_use]
    pub fn deadline(mut self, passed: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.deadline = Some(Arc::new(passed));
        self
    }

    /// Sets the function that is called with each step, on the thread that computes it.
    #[must_use]
    pub fn observer(mut self, observer: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Sets the number of threads, the calling one included. 0 counts as 1.
    ///
    /// Batches and ranges use them, and the quadratic sieve for one number of 90 bits or more, or
    /// of 95 with AVX-512 IFMA. Above 2^128 the longer elliptic curves use them too. No result
    /// depends on it.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = NonZeroUsize::new(threads);
        self
    }

    /// Sets the seed by which elliptic curves and polynomials are chosen.
    ///
    /// The same seed gives the same steps. Every seed gives the same factors.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Asks the flag, then the deadline, whether to stop.
    pub(crate) fn poll(&self) -> Result<(), StopReason> {
        if self
            .cancel_flag
            .as_ref()
            .is_some_and(CancelFlag::is_cancelled)
        {
            return Err(StopReason::Cancelled);
        }
        if self.deadline.as_ref().is_some_and(|passed| passed()) {
            return Err(StopReason::OutOfTime);
        }
        Ok(())
    }

    /// Passes a step to the observer, if there is one.
    pub(crate) fn report(&self, progress: Progress) {
        if let Some(observer) = &self.observer {
            observer(progress);
        }
    }

    pub(crate) fn thread_count(&self) -> usize {
        self.threads.map_or(1, NonZeroUsize::get)
    }

    pub(crate) fn initial_seed(&self) -> u64 {
        self.seed
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control")
            .field("cancel_flag", &self.cancel_flag)
            .field("deadline", &self.deadline.is_some())
            .field("observer", &self.observer.is_some())
            .field("threads", &self.thread_count())
            .field("seed", &self.seed)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stops_and_which_comes_first() {
        assert_eq!(Control::new().poll(), Ok(()));
        let flag = CancelFlag::new();
        let control = Control::new().cancel_flag(&flag).deadline(|| true);
        assert_eq!(control.poll(), Err(StopReason::OutOfTime));
        flag.clone().cancel();
        assert_eq!(control.poll(), Err(StopReason::Cancelled));
        assert_eq!(Control::new().threads(0).thread_count(), 1);
    }
}
