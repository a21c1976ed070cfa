//! The notes of a call about the worker that has it.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A note of who is at work on a call, or was, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WorkerNote {
    pub(crate) worker: Arc<str>,
    pub(crate) at_work: Duration,
}

/// A note that is told to the run at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WorkerEvent {
    /// A worker has begun to work on the call.
    Begun(WorkerNote),
    /// A worker was lost with it.
    Lost(Arc<str>),
    /// A worker can't do its task.
    Unfit(Arc<str>),
}

type Listener = Arc<dyn Fn(WorkerEvent) + Send + Sync>;

/// The last note of a call, and the listener to those that its work has begun, or its worker was lost.
#[derive(Default)]
pub(super) struct WorkerNotes {
    last: Mutex<Option<WorkerNote>>,
    listener: Option<Listener>,
}

// Whatever panics leaves a whole note, or none.
impl UnwindSafe for WorkerNotes {}
impl RefUnwindSafe for WorkerNotes {}

impl WorkerNotes {
    /// Returns notes with a listener to begins and losses.
    pub(super) fn with_listener(listen: impl Fn(WorkerEvent) + Send + Sync + 'static) -> Self {
        Self {
            last: Mutex::default(),
            listener: Some(Arc::new(listen)),
        }
    }

    /// Keeps a note.
    pub(super) fn note(&self, note: WorkerNote) {
        *self.lock() = Some(note);
    }

    /// Keeps a note, and tells the listener.
    pub(super) fn note_begun(&self, note: WorkerNote) {
        self.note(note.clone());
        self.tell(WorkerEvent::Begun(note));
    }

    /// Forgets the last note if it is of this worker, which was lost, and tells the listener.
    pub(super) fn note_lost(&self, worker: Arc<str>) {
        let mut last = self.lock();
        last.take_if(|note| note.worker == worker);
        drop(last);
        self.tell(WorkerEvent::Lost(worker));
    }

    /// Tells the listener that a worker can't do the task.
    pub(super) fn note_unfit(&self, worker: Arc<str>) {
        self.tell(WorkerEvent::Unfit(worker));
    }

    fn tell(&self, event: WorkerEvent) {
        if let Some(listen) = &self.listener {
            listen(event);
        }
    }

    /// Returns the last note.
    pub(super) fn last(&self) -> Option<WorkerNote> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<WorkerNote>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for WorkerNotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerNotes")
            .field("last", &self.last())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{RefUnwindSafe, UnwindSafe};

    use crate::destino::Call;

    #[test]
    fn a_call_may_be_caught_in_a_panic() {
        fn check<T: UnwindSafe + RefUnwindSafe + Send + Sync>() {}
        check::<Call>();
    }
}
