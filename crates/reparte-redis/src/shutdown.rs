//! The sign by which the threads of a queue or a worker end.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A sign to end. Clones are the same sign.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shutdown(Arc<State>);

#[derive(Debug, Default)]
struct State {
    has_come: Mutex<bool>,
    comes: Condvar,
}

/// Gives a sign when it is dropped: after a panic too.
#[derive(Debug)]
pub(crate) struct GiveAtEnd(pub(crate) Shutdown);

impl Drop for GiveAtEnd {
    fn drop(&mut self) {
        self.0.give();
    }
}

impl Shutdown {
    /// Gives the sign.
    pub(crate) fn give(&self) {
        *self.lock() = true;
        self.0.comes.notify_all();
    }

    /// Returns true once the sign was given.
    pub(crate) fn has_come(&self) -> bool {
        *self.lock()
    }

    /// Waits for the sign, for a time at most. Returns true if it has come.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let waited = self
            .0
            .comes
            .wait_timeout_while(self.lock(), time, |has_come| !*has_come);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        // A flag is whole after a panic.
        self.0
            .has_come
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
