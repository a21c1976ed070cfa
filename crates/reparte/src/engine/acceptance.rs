//! The acceptance of a result: the caller's check, and the journal.

use std::sync::Arc;

use crate::error::call::{CallError, ErrorKind};
use crate::error::journal::JournalError;
use crate::ids::TaskId;
use crate::journal::Journal;

/// A check of a result against its task's arguments, which returns what is wrong with it.
pub(crate) type Verify<A, R> = Box<dyn Fn(&A, &R) -> Result<(), String> + Send + Sync>;

/// The size of a result in bytes.
pub(crate) type ResultBytes<R> = Box<dyn Fn(&R) -> usize + Send + Sync>;

/// The steps that a result passes before it counts. The slots' threads run them.
pub(crate) struct Acceptance<A, R> {
    pub(crate) verify: Option<Verify<A, R>>,
    pub(crate) journal: Option<Journal<A, R>>,
    pub(crate) result_bytes: Option<ResultBytes<R>>,
}

/// The reason why a result does not count.
pub(crate) enum Rejection {
    /// It is wrong, and the call counts as failed.
    CallFailed(CallError),
    /// It can't be written to the journal, which ends the run.
    JournalFailed(Arc<JournalError>),
}

impl<A, R> Acceptance<A, R> {
    /// Verifies a result and writes it to the journal. Returns the result to deliver: if the
    /// journal has one of an earlier call of the task, that one.
    pub(crate) fn accept(&self, task: TaskId, args: &A, result: R) -> Result<R, Rejection> {
        if let Some(verify) = &self.verify {
            verify(args, &result)
                .map_err(|why| Rejection::CallFailed(CallError::new(ErrorKind::Wrong, why)))?;
        }
        match &self.journal {
            Some(journal) => journal
                .record(task, args, result)
                .map_err(|error| Rejection::JournalFailed(Arc::new(error))),
            None => Ok(result),
        }
    }

    /// Returns the size of a result, 0 if the caller does not measure it.
    pub(crate) fn bytes_of(&self, result: &R) -> usize {
        let measure = self.result_bytes.as_ref();
        measure.map_or(0, |measure| measure(result))
    }

    /// Returns a task's result from an earlier run, if the journal has it.
    pub(crate) fn recorded(&self, task: TaskId, args: &A) -> Result<Option<R>, Arc<JournalError>> {
        match &self.journal {
            Some(journal) => journal.find(task, args).map_err(Arc::new),
            None => Ok(None),
        }
    }

    /// Closes the journal at the end of the run.
    pub(crate) fn finish(&self) -> Result<(), Arc<JournalError>> {
        match &self.journal {
            Some(journal) => journal.finish().map_err(Arc::new),
            None => Ok(()),
        }
    }
}

impl From<CallError> for Rejection {
    fn from(error: CallError) -> Self {
        Self::CallFailed(error)
    }
}
