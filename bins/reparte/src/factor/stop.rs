//! The reasons why a factorization ends without its factors.

use std::sync::Arc;

use factorizar::StopReason;
use reparte::{JournalError, RunSummary, SendError};

use crate::exit::Failure;
use crate::factor::job::Task;

/// The reason why a number has no factors.
#[derive(Debug)]
pub(super) enum Stop {
    /// A signal ended the command.
    Interrupted,
    /// No server is left.
    RunEnded(Box<RunSummary>),
    /// The servers can't do it.
    Failed(Arc<str>),
    /// The journal can't be used, or not any longer.
    Journal(String),
}

impl Stop {
    pub(super) fn failed(why: impl Into<Arc<str>>) -> Self {
        Stop::Failed(why.into())
    }

    pub(super) fn is_of_journal(&self) -> bool {
        matches!(self, Stop::Journal(_))
    }

    /// Returns the failure of the command, after `done` numbers.
    pub(super) fn failure(self, done: usize, keeps_journal: bool) -> Failure {
        let remedy = match keeps_journal {
            true => "the same command goes on where it was",
            false => "with --journal FILE, the same command would go on where it was",
        };
        let numbers = match done {
            1 => "1 number is factored".to_owned(),
            done => format!("{done} numbers are factored"),
        };
        match self {
            Stop::Interrupted => {
                Failure::Interrupted(format!("ended by a signal: {numbers}; {remedy}"))
            }
            Stop::RunEnded(summary) => Failure::Unreachable(format!(
                "{}: {numbers}; see `reparte status`; {remedy}",
                summary.end_reason()
            )),
            Stop::Failed(why) => Failure::Fault(format!("{why}: {numbers}")),
            Stop::Journal(why) => Failure::Journal(format!("{numbers}; --journal: {why}")),
        }
    }
}

impl From<SendError<Task>> for Stop {
    fn from(error: SendError<Task>) -> Self {
        Stop::RunEnded(Box::new(error.summary().clone()))
    }
}

impl From<JournalError> for Stop {
    fn from(error: JournalError) -> Self {
        Stop::Journal(error.to_string())
    }
}

/// The kernel is stopped by a signal alone.
impl From<StopReason> for Stop {
    fn from(_: StopReason) -> Self {
        Stop::Interrupted
    }
}
