//! The options of a kept program.

use std::time::Duration;

use crate::exit::Failure;
use crate::program::kept::framing::Framing;
use crate::program::result_type::ResultType;

/// The way in which a program is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeepOptions {
    pub(crate) framing: Framing,
    pub(crate) result: ResultType,
    /// True if an answer comes with the error output of its call.
    pub(crate) keeps_errors: bool,
    /// The descriptor that the program writes its results to.
    pub(crate) results_fd: u8,
    /// The number of calls after which a process is ended.
    pub(crate) recycle: Option<u64>,
    /// The time to finish a cancelled call, and to end once standard input is closed.
    pub(crate) grace: Duration,
}

impl KeepOptions {
    /// Checks that a task can have columns.
    ///
    /// # Errors
    ///
    /// The framing has one text for a task.
    pub(crate) fn check_columns(&self) -> Result<(), Failure> {
        match self.framing {
            Framing::Json => Ok(()),
            _ => Err(Failure::argument(
                "--keep: a task of several columns is a JSON array: have the program read \
                 --framing json",
            )),
        }
    }
}
