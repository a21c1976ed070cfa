//! How many retries there may have been, by another count than the plan's.

use std::time::Duration;

/// What bounds the retries that have to be paid for.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) first_calls: u64,
    pub(super) retries: u64,
    /// The most slots there have been.
    pub(super) slots: usize,
}

impl Ledger {
    pub(super) fn check(&self, now: Duration) {
        let room = self.slots.max(10) as f64;
        let most = room + 0.1 * self.first_calls as f64 + room / 10.0 * now.as_secs_f64();
        let retries = self.retries as f64;
        assert!(retries <= most + 0.01, "{retries} retries, {most} are paid");
    }
}
