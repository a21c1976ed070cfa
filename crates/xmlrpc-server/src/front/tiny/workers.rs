//! The calls at hand: how many there are, and how many of them may compute.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Counts calls from the last byte of their request to the last of their answer.
pub(super) struct Workers {
    counts: Mutex<Counts>,
    changed: Condvar,
}

struct Counts {
    at_hand: usize,
    free_slots: usize,
}

impl Workers {
    pub(super) fn new(slots: usize) -> Self {
        Workers {
            counts: Mutex::new(Counts {
                at_hand: 0,
                free_slots: slots,
            }),
            changed: Condvar::new(),
        }
    }

    /// Counts a call until the guard is dropped.
    pub(super) fn begin(&self) -> Guard<'_> {
        self.lock().at_hand += 1;
        Guard {
            workers: self,
            give_back: |counts| counts.at_hand -= 1,
        }
    }

    /// Waits for a slot, and holds it until the guard is dropped.
    pub(super) fn slot(&self) -> Guard<'_> {
        let counts = self.lock();
        let waited = self
            .changed
            .wait_while(counts, |counts| counts.free_slots == 0);
        waited.unwrap_or_else(PoisonError::into_inner).free_slots -= 1;
        Guard {
            workers: self,
            give_back: |counts| counts.free_slots += 1,
        }
    }

    /// Waits until no call is at hand, for at most `time`.
    pub(super) fn wait_for_none(&self, time: Duration) {
        let counts = self.lock();
        // Whichever it was that ended the wait.
        let _ = self
            .changed
            .wait_timeout_while(counts, time, |counts| counts.at_hand > 0);
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // No code that could panic runs under the lock.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives back what was taken.
pub(super) struct Guard<'a> {
    workers: &'a Workers,
    give_back: fn(&mut Counts),
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        (self.give_back)(&mut self.workers.lock());
        self.workers.changed.notify_all();
    }
}
