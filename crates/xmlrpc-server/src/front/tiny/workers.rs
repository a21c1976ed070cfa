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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_slot_is_waited_for_until_another_is_free_again() {
        let workers = Workers::new(2);
        let slots = [workers.acquire_slot(), workers.acquire_slot()];
        let (enter, entered) = channel();
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let _slot = workers.acquire_slot();
                    enter.send(()).unwrap();
                });
            }
            let early = entered.recv_timeout(Duration::from_millis(100));
            assert!(early.is_err());
            drop(slots);
            for _ in 0..2 {
                entered.recv_timeout(Duration::from_secs(20)).unwrap();
            }
        });
        let state = workers.lock();
        assert_eq!((state.free, state.waiting), (2, 0));
    }
}
