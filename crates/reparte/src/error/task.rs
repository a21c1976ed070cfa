//! Why a task has no result.

use std::fmt;
use std::sync::Arc;

use crate::text::Foreign;
use crate::{CallError, TaskId};

/// One call of a task that brought no result.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FailedCall {
    /// The name of the server it was made to.
    pub server: Arc<str>,
    /// How it failed.
    pub error: CallError,
}

impl fmt::Display for FailedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Foreign(&self.server), self.error)
    }
}

/// What sort of end a task without a result came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TaskErrorKind {
    /// A server answered with a failure of the function itself, or the
    /// arguments can't be sent: no other server would do better.
    Permanent,
    /// As many calls as [`Options::max_attempts`](crate::Options::max_attempts)
    /// allows may have run, and none brought a result.
    GivenUp,
    /// Three servers died with it aboard, on the last of which it ran alone.
    Poison,
    /// The run ended first: no server was left, or the journal could not be
    /// written.
    NotRun,
    /// It was [cancelled](crate::Handle::cancel).
    Cancelled,
}

/// Why a task has no result, with the calls that were made for it.
#[derive(Clone, Debug)]
pub struct TaskError {
    // Small, as each result of a run has room for one.
    story: Box<Story>,
}

#[derive(Clone, Debug)]
struct Story {
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
        let story = Story {
            task,
            kind,
            calls,
            history,
        };
        Self {
            story: Box::new(story),
        }
    }

    /// A task that was never called.
    pub(crate) fn not_run(task: TaskId) -> Self {
        Self::new(task, TaskErrorKind::NotRun, 0, Vec::new())
    }

    /// The task.
    #[must_use]
    pub fn task(&self) -> TaskId {
        self.story.task
    }

    /// How it ended.
    #[must_use]
    pub fn kind(&self) -> TaskErrorKind {
        self.story.kind
    }

    /// How many calls were made for it.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.story.calls
    }

    /// Its failed calls, oldest first: the last
    /// [`HISTORY`](Self::HISTORY) of them.
    #[must_use]
    pub fn history(&self) -> &[FailedCall] {
        &self.story.history
    }

    /// What is displayed, without the task's number.
    pub fn reason(&self) -> impl fmt::Display {
        Reason(&self.story)
    }

    /// How many failed calls of a task are kept.
    pub const HISTORY: usize = 16;
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}: {}", self.story.task, self.reason())
    }
}

/// What [`TaskError::reason`] gives.
struct Reason<'a>(&'a Story);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.kind, self.0.history.last()) {
            (TaskErrorKind::Permanent, Some(last)) => write!(f, "{last}"),
            (TaskErrorKind::Permanent, None) => f.write_str("failed"),
            (TaskErrorKind::GivenUp, last) => {
                write!(f, "given up after {} calls", self.0.calls)?;
                last.map_or(Ok(()), |last| write!(f, ", the last to {last}"))
            }
            (TaskErrorKind::Poison, _) => {
                f.write_str("poison, its servers died")?;
                for (n, call) in self.0.history.iter().enumerate() {
                    let before = if n == 0 { ": " } else { "; " };
                    write!(f, "{before}{call}")?;
                }
                Ok(())
            }
            (TaskErrorKind::Cancelled, _) => f.write_str("cancelled"),
            (TaskErrorKind::NotRun, None) => f.write_str("not run: the run had ended"),
            (TaskErrorKind::NotRun, Some(last)) => {
                write!(f, "not answered before the run ended; last call to {last}")
            }
        }
    }
}

impl std::error::Error for TaskError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.story
            .history
            .last()
            .map(|call| &call.error as &(dyn std::error::Error + 'static))
    }
}
