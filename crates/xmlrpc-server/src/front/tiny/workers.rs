//! The slots in which functions run.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The slots in which functions run.
pub(crate) struct Workers {
    free: Mutex<usize>,
    /// Signalled when a slot becomes free.
    freed: Condvar,
}

impl Workers {
    pub(crate) fn new(slots: usize) -> Self {
        Workers {
            free: Mutex::new(slots),
            freed: Condvar::new(),
        }
    }

    /// Waits for a free slot, and holds it until the guard is dropped.
    pub(crate) fn acquire_slot(&self) -> Slot<'_> {
        let waited = self.freed.wait_while(self.lock(), |free| *free == 0);
        *waited.unwrap_or_else(PoisonError::into_inner) -= 1;
        Slot(self)
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        // No code that could panic runs under the lock.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A slot, which is free again when this is dropped.
pub(crate) struct Slot<'a>(&'a Workers);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.lock() += 1;
        self.0.freed.notify_one();
    }
}
