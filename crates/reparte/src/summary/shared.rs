//! The summary that the executor updates and other threads read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::summary::RunSummary;

/// The summary of a run in progress, shared between threads.
///
/// Its lock is the innermost one: whoever holds it takes no other lock and calls none of the
/// caller's code.
#[derive(Clone, Debug)]
pub(crate) struct SharedSummary(Arc<Mutex<RunSummary>>);

impl SharedSummary {
    /// Shares a summary.
    pub(crate) fn new(summary: RunSummary) -> Self {
        Self(Arc::new(Mutex::new(summary)))
    }

    /// Locks the summary.
    pub(crate) fn lock(&self) -> MutexGuard<'_, RunSummary> {
        // A reader only clones it, so a panic leaves it as good as it was.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a copy, with the times brought up to now if the run is in progress.
    pub(crate) fn snapshot(&self) -> RunSummary {
        let summary = self.lock().clone();
        summary.up_to_now()
    }
}
