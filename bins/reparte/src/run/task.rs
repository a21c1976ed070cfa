//! One task of a run: a line of its input, or a row.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use xmlrpc_client::Value;

/// One call to be made.
#[derive(Debug)]
pub(super) struct Task {
    /// The number of its line in the input, from 1.
    pub(super) line: u64,
    /// The line, or the beginning of it if the line can't be sent.
    pub(super) input: String,
    /// The line where `input` is not the whole of it.
    original: Original,
    /// The columns, if it has some.
    pub(super) columns: Option<Columns>,
    /// The arguments to send, or why the line can't be sent.
    arguments: Result<Vec<Value>, String>,
    /// The number of calls that were made. It orders nothing else, so relaxed access does.
    calls: AtomicU32,
    /// The time of the last call that failed, in nanoseconds; relaxed for the same reason.
    failed_after: AtomicU64,
}

/// A line as it was read.
#[derive(Debug)]
pub(super) enum Original {
    /// It is the task's input.
    Input,
    /// It is not UTF-8.
    Bytes(Vec<u8>),
    /// It was too long to be kept.
    TooLong,
}

/// The columns of a task.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// Their names, if they have some.
    pub(super) names: Option<Arc<[String]>>,
    /// Their texts, as they were read.
    pub(super) cells: Vec<String>,
}

impl Task {
    /// Makes the task of a line. An error is the reason why it can't be sent.
    pub(super) fn new(
        line: u64,
        input: String,
        original: Original,
        columns: Option<Columns>,
        arguments: Result<Vec<Value>, String>,
    ) -> Self {
        Task {
            line,
            input,
            original,
            columns,
            arguments: arguments.map_err(|reason| format!("line {line}: {reason}")),
            calls: AtomicU32::new(0),
            failed_after: AtomicU64::new(0),
        }
    }

    /// Returns the arguments of the call.
    ///
    /// # Errors
    ///
    /// The line can't be sent. The error has its number and the reason.
    pub(super) fn arguments(&self) -> Result<&Vec<Value>, String> {
        self.arguments.as_ref().map_err(Clone::clone)
    }

    /// Returns the whole line without its end. `None` if it was too long to be kept.
    pub(super) fn whole_line(&self) -> Option<&[u8]> {
        match &self.original {
            Original::Input => Some(self.input.as_bytes()),
            Original::Bytes(bytes) => Some(bytes),
            Original::TooLong => None,
        }
    }

    /// Returns whether no call was made. A result is from the journal then.
    pub(super) fn is_uncalled(&self) -> bool {
        self.calls.load(Relaxed) == 0
    }

    /// Counts one more call, and returns how many there are with it.
    pub(super) fn count_call(&self) -> u32 {
        self.calls.fetch_add(1, Relaxed) + 1
    }

    /// Notes that a call has failed after this time.
    pub(super) fn note_failure(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.failed_after.store(nanoseconds, Relaxed);
    }

    /// Returns the time of the last call that failed. `None` if none has.
    pub(super) fn failed_after(&self) -> Option<Duration> {
        let nanoseconds = self.failed_after.load(Relaxed);
        (nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds))
    }
}
