//! The options of a run.

use std::time::Duration;

/// The most slots that all servers of a run may have together. Each slot takes a thread.
pub const MAX_SLOTS: usize = 8_192;

/// The options of a run.
///
/// [`Options::default`] is what `Repartidor::new` uses: the behaviour of the article's
/// dispatcher, plus what it lacked when servers fail.
///
/// ```
/// let mut options = reparte::Options::default();
/// options.read_ahead = 100;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The number of tasks that may wait for a slot before
    /// [`enviar`](crate::Repartidor::enviar) blocks. It then blocks until half as many
    /// wait. With 0, the default, `enviar` returns once its task has a slot.
    pub read_ahead: usize,
    /// The number of tasks that an iterator may have sent and not yet given to the caller,
    /// running ones included. 1,024 by default. A value below the number of slots plus
    /// [`read_ahead`](Self::read_ahead) counts as that number.
    pub window: usize,
    /// The number of calls that may have run after which a task is given up. 10 by
    /// default, and at least 1. Calls that certainly did not run don't count. Nor do failures
    /// on suspected servers, nor does the first contested failure on each other server, a
    /// time limit apart: the task is checked there. Once no server is left that has not had
    /// it, one of these counts.
    pub max_attempts: u32,
    /// The time for which every server may be down, while there are tasks to do, before
    /// the run ends with an error. 5 s by default. A server that answers that it is busy is
    /// not down, if it says when it will have room. `None` waits for ever.
    pub outage: Option<Duration>,
    /// The [`outage`](Self::outage) until some server has answered: short, if a mistyped
    /// address is to be reported at once, though a later outage may last. `None`, the
    /// default, is that of [`outage`](Self::outage).
    pub outage_before_answer: Option<Duration>,
    /// The longest time that one call may take, on any server. `None` by default, since
    /// only the caller knows how long the work takes. The destination enforces it, by
    /// [`Call::deadline`](crate::Call::deadline).
    pub time_limit: Option<Duration>,
    /// The longest time that one call may take, in multiples of the median of the tasks
    /// that have ended. It applies once five have ended, and is never below 1 s. `None` by
    /// default. A call that exceeds this limit or [`time_limit`](Self::time_limit) is
    /// cancelled, and made again on another server.
    pub time_limit_medians: Option<u32>,
    /// The faults after which a task is retried, on another server if possible. None by
    /// default: a fault is the function's own answer, and the same arguments mostly give it
    /// again. Calls that end with such a fault have a
    /// [count of their own](Self::max_fault_attempts). The fault of the last one is the
    /// task's answer.
    pub retry_faults: RetryFaults,
    /// Retries a task whose call exceeded its [`time_limit`](Self::time_limit) while its
    /// server was [at work on it](crate::ErrorKind::Overran), as if the server had failed.
    /// False by default: such a task is too long for the limit, and is tried on one other
    /// server at most.
    pub retry_time_outs: bool,
    /// Ends the run after this many failed tasks: calls in flight go on, and no more are
    /// started. `None` by default.
    pub halt: Option<Halt>,
    /// Sends a slow task to a second server, once a slot there has nothing else to do.
    /// True by default. A task is slow after twice the median of the tasks that have ended,
    /// and at least 1 s; after 30 s while none has ended. The first answer counts, and the
    /// other call is cancelled.
    pub hedge: bool,
    /// The number of calls of a task that end with one of the faults in
    /// [`retry_faults`](Self::retry_faults), after which such a fault is judged as any other:
    /// the task fails by it, unless it is checked on a server that has not had the task. 10 by
    /// default, and at least 1. They don't count among the
    /// [`max_attempts`](Self::max_attempts), and those on suspected servers don't count at
    /// all.
    pub max_fault_attempts: u32,
    /// The bytes of results that an iterator may hold and has not given to the caller: those
    /// that wait for the result of an earlier task, and those that the caller has yet to take.
    /// 256 MiB by default. It needs the
    /// [size of a result](crate::RepartidorBuilder::result_bytes).
    ///
    /// Once they are as many, no task begins but the oldest one without an outcome, for which the
    /// others may wait; tasks that have begun go on, and are retried. So the results of the calls
    /// in flight come on top. [`terminar`](crate::Repartidor::terminar) collects every result,
    /// without a limit.
    pub window_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            read_ahead: 0,
            window: 1024,
            max_attempts: 10,
            outage: Some(Duration::from_secs(5)),
            outage_before_answer: None,
            time_limit: None,
            time_limit_medians: None,
            retry_faults: RetryFaults::None,
            retry_time_outs: false,
            halt: None,
            hedge: true,
            max_fault_attempts: 10,
            window_bytes: 256 * 1024 * 1024,
        }
    }
}

/// The failed tasks after which a run ends: see [`halt`](Options::halt). Tasks that the
/// caller cancels don't count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Halt {
    /// A number of failed tasks.
    Tasks(u64),
    /// A percentage of the tasks that have ended, once 20 have.
    Percent(u8),
}

impl Halt {
    /// The number of tasks that must have ended before a percentage counts.
    pub const PERCENT_AFTER: u64 = 20;

    /// Returns true if a run with so many failed tasks, among those that have ended, ends.
    pub(crate) fn is_reached(self, failed: u64, ended: u64) -> bool {
        match self {
            Self::Tasks(most) => failed >= most.max(1),
            Self::Percent(percent) => {
                let share = failed.saturating_mul(100) >= ended.saturating_mul(percent.into());
                ended >= Self::PERCENT_AFTER && failed > 0 && share
            }
        }
    }
}

/// The faults after which a task is retried: see
/// [`retry_faults`](Options::retry_faults).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryFaults {
    /// No fault.
    #[default]
    None,
    /// Faults of these codes, such as one that means "try again later".
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_share_of_failed_tasks_end_a_run() {
        for (halt, failed, ended, reached) in [
            (Halt::Tasks(3), 2, 99, false),
            (Halt::Tasks(3), 3, 3, true),
            (Halt::Tasks(0), 0, 9, false),
            (Halt::Tasks(0), 1, 9, true),
            (Halt::Percent(10), 19, 19, false),
            (Halt::Percent(10), 2, 20, true),
            (Halt::Percent(10), 2, 21, false),
            (Halt::Percent(0), 0, 99, false),
        ] {
            assert_eq!(
                halt.is_reached(failed, ended),
                reached,
                "{halt:?} {failed} {ended}"
            );
        }
    }
}
