//! The slots in which functions run.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The slots in which functions run.
pub(crate) struct Workers {
    state: Mutex<State>,
    /// Signalled when a slot becomes free, if a thread waits for one.
    freed: Condvar,
}

struct State {
    free: usize,
    /// Threads that wait for a slot. With none, a free slot need not enter the kernel.
    waiting: usize,
}

impl Workers {
    pub(crate) fn new(slots: usize) -> Self {
        Workers {
            state: Mutex::new(State {
                free: slots,
                waiting: 0,
            }),
            freed: Condvar::new(),
        }
    }

    /// Waits for a free slot, and holds it until the guard is dropped.
    pub(crate) fn acquire_slot(&self) -> Slot<'_> {
        let mut state = self.lock();
        state.waiting += 1;
        let waited = self.freed.wait_while(state, |state| state.free == 0);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        state.free -= 1;
        Slot(self)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A slot, which is free again when this is dropped.
pub(crate) struct Slot<'a>(&'a Workers);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.free += 1;
        let is_awaited = state.waiting > 0;
        drop(state);
        if is_awaited {
            self.0.freed.notify_one();
        }
    }
}
