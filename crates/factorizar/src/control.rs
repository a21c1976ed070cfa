//! What a caller may say to a long computation: stop, your time is up, tell me how far you are.
//!
//! The kernel has no clock and no threads of its own. Time comes in as a question that the caller
//! answers, and is asked at the joints of the algorithms: once a number in a batch, two or eight
//! curves, a polynomial of the sieve, some tens of thousands of numbers of a range. That is every
//! few microseconds to a millisecond, so cheap answers are welcome, and none has to be instant.

use std::error;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag shared by whoever computes and whoever may want it to end.
///
/// Clones share the flag. Once raised it stays so.
///
/// ```
/// use factorizar::{CancelFlag, Control, StopReason, factor_with};
///
/// let cancel = CancelFlag::new();
/// cancel.cancel();
/// let unfinished = factor_with(2 * ((1 << 89) - 1) * 1_000_003, &Control::new().cancel_flag(&cancel));
/// assert_eq!(unfinished.map_err(|left| left.reason()), Err(StopReason::Cancelled));
/// ```
#[derive(Debug, Clone, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// A flag that is not raised.
    #[must_use]
    pub fn new() -> Self {
        CancelFlag::default()
    }

    /// Raises the flag, from any thread.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the flag is raised.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Why a computation ended before its result.
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

/// What an observer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// A prime factor was found.
    Prime(u128),
    /// So many elliptic curves have been tried on a composite without success.
    Curves {
        /// The composite.
        of: u128,
        /// Curves tried so far.
        tried: usize,
    },
    /// The quadratic sieve has so many of the relations it needs.
    Relations {
        /// The composite.
        of: u128,
        /// Relations found so far.
        found: usize,
        /// Relations that suffice.
        needed: usize,
    },
}

type Deadline = Arc<dyn Fn() -> bool + Send + Sync>;
type Observer = Arc<dyn Fn(Progress) + Send + Sync>;

/// How a computation is steered: cancel flag, deadline, observer, number of threads, seed.
///
/// The default never stops, tells nobody, uses the calling thread alone and the seed 0.
///
/// ```
/// use std::time::{Duration, Instant};
/// use factorizar::{CancelFlag, Control, factor_with};
///
/// let end = Instant::now() + Duration::from_secs(60);
/// let cancel = CancelFlag::new();
/// let control = Control::new()
///     .cancel_flag(&cancel)
///     .deadline(move || Instant::now() >= end)
///     .threads(2);
/// assert_eq!(factor_with(23_434_252_232_434, &control)?.sum(), 50_914);
/// # Ok::<(), factorizar::Unfinished>(())
/// ```
#[derive(Clone, Default)]
pub struct Control {
    cancel: Option<CancelFlag>,
    deadline: Option<Deadline>,
    observer: Option<Observer>,
    threads: Option<NonZeroUsize>,
    seed: u64,
}

impl Control {
    /// One that never stops a computation.
    #[must_use]
    pub const fn new() -> Self {
        Control {
            cancel: None,
            deadline: None,
            observer: None,
            threads: None,
            seed: 0,
        }
    }

    /// Stops with [`StopReason::Cancelled`] once the flag, which the caller keeps a clone of, is raised.
    #[must_use]
    pub fn cancel_flag(mut self, flag: &CancelFlag) -> Self {
        self.cancel = Some(flag.clone());
        self
    }

    /// Stops with [`StopReason::OutOfTime`] once `passed` says that the time is up.
    #[must_use]
    pub fn deadline(mut self, passed: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.deadline = Some(Arc::new(passed));
        self
    }

    /// Tells `observer` how far the work is, on the thread that does it.
    #[must_use]
    pub fn observer(mut self, observer: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Lets batches, ranges and the quadratic sieve of one number, from some 90 bits on, use so many
    /// threads, the calling one included; 0 counts as 1. No result depends on it.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = NonZeroUsize::new(threads);
        self
    }

    /// Where the choices of curves and polynomials start. The same seed gives the same work; any
    /// seed gives the same factors.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    pub(crate) fn poll(&self) -> Result<(), StopReason> {
        if self.cancel.as_ref().is_some_and(CancelFlag::is_cancelled) {
            return Err(StopReason::Cancelled);
        }
        if self.deadline.as_ref().is_some_and(|passed| passed()) {
            return Err(StopReason::OutOfTime);
        }
        Ok(())
    }

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
            .field("cancel", &self.cancel)
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
