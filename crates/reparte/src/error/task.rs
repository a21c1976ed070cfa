//! The error of a task.

use std::fmt;
use std::sync::Arc;

use untrusted_text::OneLine;

use crate::error::call::CallError;
use crate::ids::TaskId;

/// A failed call of a task.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FailedCall {
    /// The name of the server to which it was made.
    pub server: Arc<str>,
    /// The error.
    pub error: CallError,
}

impl fmt::Display for FailedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", OneLine::new(&self.server), self.error)
    }
}

/// The kind of a [`TaskError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TaskErrorKind {
    /// The function itself failed, or the arguments can't be sent: another server would
    /// give the same answer.
    Permanent,
    /// The calls that may have run are as many as
    /// [`Options::max_attempts`](crate::Options::max_attempts) allows, and none brought a
    /// result.
    GivenUp,
    /// The task was running on three servers that died, on the last one alone.
    Poison,
    /// The run ended first: no server was left, the journal could not be written, or the
    /// run was [drained](crate::Handle::drain).
    NotRun,
    /// The task was [cancelled](crate::Handle::cancel).
    Cancelled,
}

/// The error of a task that has no result, with the calls that failed for it.
#[derive(Clone, Debug)]
pub struct TaskError {
    /// Boxed, since each result of a run takes the space of one.
    details: Box<Details>,
}

#[derive(Clone, Debug)]
struct Details {
    task: TaskId,
    kind: TaskErrorKind,
    calls: u32,
    history: Vec<FailedCall>,
}

impl TaskError {
    pub(crate) fn new(
        task: TaskId,
        kind: TaskErrorKind,
        calls: u32,
        history: Vec<FailedCall>,
    ) -> Self {
        let details = Details {
            task,
            kind,
            calls,
            history,
        };
        Self {
            details: Box::new(details),
        }
    }

    /// Creates the error of a task for which no call was made.
    pub(crate) fn not_run(task: TaskId) -> Self {
        Self::new(task, TaskErrorKind::NotRun, 0, Vec::new())
    }

    /// Returns the task's number.
    #[must_use]
    pub fn task(&self) -> TaskId {
        self.details.task
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> TaskErrorKind {
        self.details.kind
    }

    /// Returns the number of calls that were made for the task.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.details.calls
    }

    /// Returns the task's failed calls, oldest first: the last [`HISTORY`](Self::HISTORY)
    /// of them.
    #[must_use]
    pub fn history(&self) -> &[FailedCall] {
        &self.details.history
    }

    /// Returns the text that is displayed, without the task's number.
    pub fn reason(&self) -> impl fmt::Display {
        Reason(&self.details)
    }

    /// Returns the text of [`reason`](Self::reason) with the errors' messages as they came:
    /// whole, with their line ends, and not escaped.
    #[must_use]
    pub fn full_reason(&self) -> String {
        let details = &self.details;
        let full = |call: &FailedCall| {
            let FailedCall { server, error } = call;
            format!("{server}: {}: {}", error.kind(), error.message())
        };
        details.reason(full)
    }

    /// The most failed calls of a task that are kept.
    pub const HISTORY: usize = 16;
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}: {}", self.details.task, self.reason())
    }
}

/// The text of a [`TaskError`], without the task's number.
struct Reason<'a>(&'a Details);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.reason(FailedCall::to_string))
    }
}

impl Details {
    /// Returns the reason of the failure, in which `show` shows a failed call.
    fn reason(&self, show: impl Fn(&FailedCall) -> String) -> String {
        match (self.kind, self.history.last()) {
            (TaskErrorKind::Permanent, Some(last)) => show(last),
            (TaskErrorKind::Permanent, None) => "failed".to_owned(),
            (TaskErrorKind::GivenUp, None) => format!("given up after {} calls", self.calls),
            (TaskErrorKind::GivenUp, Some(last)) => {
                format!(
                    "given up after {} calls, the last to {}",
                    self.calls,
                    show(last)
                )
            }
            (TaskErrorKind::Poison, None) => "poison, its servers died".to_owned(),
            (TaskErrorKind::Poison, Some(_)) => {
                let calls: Vec<_> = self.history.iter().map(show).collect();
                format!("poison, its servers died: {}", calls.join("; "))
            }
            (TaskErrorKind::Cancelled, _) => "cancelled".to_owned(),
            (TaskErrorKind::NotRun, None) => "not run: the run had ended".to_owned(),
            (TaskErrorKind::NotRun, Some(last)) => format!(
                "not answered before the run ended; last call to {}",
                show(last)
            ),
        }
    }
}

impl std::error::Error for TaskError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.details
            .history
            .last()
            .map(|call| &call.error as &(dyn std::error::Error + 'static))
    }
}
