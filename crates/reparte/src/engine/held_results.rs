//! The bytes of results that the caller has not been given.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// The bytes of the results that have come and that the caller has not been given, and their
/// limit.
///
/// The executor adds under the lock of the run. The caller's threads give without it: the one
/// whose result brings the bytes below the limit tells the executor, so that each fall below the
/// limit is told once.
#[derive(Debug)]
pub(crate) struct HeldResults {
    bytes: AtomicUsize,
    /// `usize::MAX` before [`enforce`](Self::enforce).
    limit: AtomicUsize,
    /// The limit from then on, at least 1.
    option: usize,
}

impl HeldResults {
    /// Returns an account without results, and without a limit as yet.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            bytes: AtomicUsize::new(0),
            limit: AtomicUsize::new(usize::MAX),
            option: limit.max(1),
        }
    }

    /// Enforces the limit from now on: an iterator gives the results. A caller that collects them
    /// all at the end would wait for ever.
    pub(crate) fn enforce(&self) {
        self.limit.store(self.option, SeqCst);
    }

    /// Adds a result.
    pub(super) fn add(&self, bytes: usize) {
        if bytes > 0 {
            self.bytes.fetch_add(bytes, SeqCst);
        }
    }

    /// Returns whether the results would fill the window with so many more bytes.
    pub(super) fn is_full_with(&self, more: usize) -> bool {
        self.bytes.load(SeqCst).saturating_add(more) >= self.limit.load(SeqCst)
    }

    /// Takes away a result that the caller is given. Returns true if the window is full no
    /// longer by that.
    #[must_use = "the executor has to know"]
    pub(super) fn give(&self, bytes: usize) -> bool {
        if bytes == 0 {
            return false;
        }
        let before = self.bytes.fetch_sub(bytes, SeqCst);
        let limit = self.limit.load(SeqCst);
        before >= limit && before - bytes < limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_fill_a_window_that_is_enforced() {
        let held = HeldResults::new(10);
        held.add(9);
        assert!(!held.is_full_with(1));
        held.enforce();
        assert!(held.is_full_with(1));
        assert!(!held.is_full_with(0));
        held.add(3);
        assert!(held.is_full_with(0));
        assert!(!held.give(2));
        assert!(held.give(1));
        assert!(!held.give(9));
        assert!(!held.give(0));
    }

    #[test]
    fn a_window_of_no_bytes_has_room_for_one_result() {
        let held = HeldResults::new(0);
        held.enforce();
        assert!(!held.is_full_with(0));
        assert!(held.is_full_with(1));
    }
}
