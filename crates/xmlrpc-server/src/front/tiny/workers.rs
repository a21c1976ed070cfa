//! The calls in progress of the tiny front, and the slots in which functions run.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Counts of calls in progress and of free slots.
pub(crate) struct Workers {
    counts: Mutex<Counts>,
    /// Signalled at each change of `counts`.
    changed: Condvar,
}

struct Counts {
    /// Calls between the last byte of their request and the last byte of their answer.
    in_progress: usize,
    free_slots: usize,
}

impl Workers {
    pub(crate) fn new(slots: usize) -> Self {
        Workers {
            counts: Mutex::new(Counts {
                in_progress: 0,
                free_slots: slots,
            }),
            changed: Condvar::new(),
        }
    }

    /// Counts a call until the guard is dropped.
    pub(crate) fn begin_call(&self) -> CountGuard<'_> {
        self.lock().in_progress += 1;
        CountGuard {
            workers: self,
            give_back: |counts| counts.in_progress -= 1,
        }
    }

    /// Waits for a free slot, and holds it until the guard is dropped.
    pub(crate) fn acquire_slot(&self) -> CountGuard<'_> {
        let counts = self.lock();
        let waited = self
            .changed
            .wait_while(counts, |counts| counts.free_slots == 0);
        waited.unwrap_or_else(PoisonError::into_inner).free_slots -= 1;
        CountGuard {
            workers: self,
            give_back: |counts| counts.free_slots += 1,
        }
    }

    /// Waits until no call is in progress, at most for `time`.
    pub(crate) fn wait_until_idle(&self, time: Duration) {
        let counts = self.lock();
        // Both ends of the wait, idle or late, are the same to the caller.
        let _ = self
            .changed
            .wait_timeout_while(counts, time, |counts| counts.in_progress > 0);
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // No code that could panic runs under the lock.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A count that is taken back when this is dropped.
pub(crate) struct CountGuard<'a> {
    workers: &'a Workers,
    give_back: fn(&mut Counts),
}

impl Drop for CountGuard<'_> {
    fn drop(&mut self) {
        (self.give_back)(&mut self.workers.lock());
        self.workers.changed.notify_all();
    }
}
