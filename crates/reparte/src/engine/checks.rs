//! What a result must pass before it counts.

use std::sync::Arc;

use crate::{CallError, ErrorKind, Journal, JournalError, TaskId};

/// Says what is wrong with a result, from its arguments.
pub(crate) type Verify<A, R> = Box<dyn Fn(&A, &R) -> Result<(), String> + Send + Sync>;

/// The caller's check, and the journal. The slots' threads use them.
pub(crate) struct Checks<A, R> {
    pub(crate) verify: Option<Verify<A, R>>,
    pub(crate) journal: Option<Journal<A, R>>,
}

/// Why a result does not count.
pub(crate) enum Unfit {
    /// It is none: the call failed.
    Call(CallError),
    /// It can't be kept, which ends the run.
    Journal(Arc<JournalError>),
}

impl<A, R> Default for Checks<A, R> {
    fn default() -> Self {
        Self {
            verify: None,
            journal: None,
        }
    }
}

impl<A, R> Checks<A, R> {
    /// The result to deliver, verified and written down.
    pub(crate) fn pass(&self, task: TaskId, args: &A, result: R) -> Result<R, Unfit> {
        if let Some(verify) = &self.verify {
            verify(args, &result)
                .map_err(|why| Unfit::Call(CallError::new(ErrorKind::Wrong, why)))?;
        }
        match &self.journal {
            Some(journal) => journal
                .keep(task, args, result)
                .map_err(|error| Unfit::Journal(Arc::new(error))),
            None => Ok(result),
        }
    }

    /// A task's result from an earlier run.
    pub(crate) fn find(&self, task: TaskId, args: &A) -> Result<Option<R>, Arc<JournalError>> {
        match &self.journal {
            Some(journal) => journal.find(task, args).map_err(Arc::new),
            None => Ok(None),
        }
    }

    /// The run is over.
    pub(crate) fn finish(&self) -> Result<(), Arc<JournalError>> {
        match &self.journal {
            Some(journal) => journal.finish().map_err(Arc::new),
            None => Ok(()),
        }
    }
}

impl From<CallError> for Unfit {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}
