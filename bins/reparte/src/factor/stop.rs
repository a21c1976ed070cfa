//! The reasons why a factorization ends without its factors.

use std::sync::Arc;

use factorizar::StopReason;
use reparte::{RunSummary, SendError};

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
}

impl Stop {
    pub(super) fn failed(why: impl Into<Arc<str>>) -> Self {
        Stop::Failed(why.into())
    }

    /// Returns the failure of the command, after `done` numbers.
    pub(super) fn failure(self, done: usize) -> Failure {
        let numbers = match done {
            1 => "1 number is factored".to_owned(),
            done => format!("{done} numbers are factored"),
        };
        match self {
            Stop::Interrupted => Failure::Interrupted(format!("ended by a signal: {numbers}")),
            Stop::RunEnded(summary) => Failure::Unreachable(format!(
                "{}: {numbers}; see `reparte status`",
                summary.end_reason()
            )),
            Stop::Failed(why) => Failure::Fault(format!("{why}: {numbers}")),
        }
    }
}

impl From<SendError<Task>> for Stop {
    fn from(error: SendError<Task>) -> Self {
        Stop::RunEnded(Box::new(error.summary().clone()))
    }
}

/// The kernel is stopped by a signal alone.
impl From<StopReason> for Stop {
    fn from(_: StopReason) -> Self {
        Stop::Interrupted
    }
}
