//! What a run may be told.

use std::time::Duration;

/// How a run goes; [`Options::default`] is the article's way, with its faults
/// mended.
///
/// ```
/// let mut options = reparte::Options::default();
/// options.read_ahead = 100;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How many tasks may wait for a slot before
    /// [`enviar`](crate::Repartidor::enviar) blocks, until half as many do. 0, the default: none, so
    /// that `enviar` returns once its task has a slot.
    pub read_ahead: usize,
    /// How many tasks an iterator lets be sent and not yet read by the
    /// caller, running ones included; 1,024 by default. At least as many as
    /// there are slots, plus the read-ahead, whatever is said here.
    pub window: usize,
    /// How many calls that may have run a task is worth before it is given up;
    /// 10 by default, and at least 1. Calls that certainly did not run don't
    /// count.
    pub max_attempts: u32,
    /// How long every server may have been down, with tasks to do, before the
    /// run ends with an error; 5 s by default. A server that answers that it
    /// is busy is not down. `None`: wait for them for ever.
    pub outage: Option<Duration>,
    /// The longest that one call may take, on whichever server; none by
    /// default, since only the caller knows how long the work is. The
    /// destination keeps it, by [`Call::deadline`](crate::Call::deadline).
    pub time_limit: Option<Duration>,
    /// The longest that a call may take, in multiples of the median of the
    /// tasks that have ended (once five have), though never less than a
    /// second; none by default. A call that overruns either limit is cancelled
    /// and made again elsewhere.
    pub time_limit_medians: Option<u32>,
    /// Which faults are tried again, elsewhere first; none by default, since a
    /// fault is the function's own answer, and the same arguments mostly give
    /// it again. Such a call counts among the
    /// [attempts](Self::max_attempts): the fault of the last one is the
    /// answer.
    pub retry_faults: RetryFaults,
    /// Whether a task that takes long is sent to a second server when a slot
    /// there has nothing else to do; true by default. Long is twice the median
    /// of those that have ended, and at least a second; 30 s while none has.
    /// The first answer counts, and the other call is cancelled.
    pub hedge: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            read_ahead: 0,
            window: 1024,
            max_attempts: 10,
            outage: Some(Duration::from_secs(5)),
            time_limit: None,
            time_limit_medians: None,
            retry_faults: RetryFaults::None,
            hedge: true,
        }
    }
}

/// The faults that are tried again: see
/// [`retry_faults`](Options::retry_faults).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryFaults {
    /// No fault.
    #[default]
    None,
    /// Those of these codes, such as one that says "later, perhaps".
    Codes(Vec<i32>),
    /// Every fault.
    All,
}

impl RetryFaults {
    pub(crate) fn contain(&self, code: i32) -> bool {
        match self {
            Self::None => false,
            Self::Codes(codes) => codes.contains(&code),
            Self::All => true,
        }
    }
}
