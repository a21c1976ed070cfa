//! The bound of the retries that are paid for, counted apart from the plan.

use std::time::Duration;

/// The counts that bound the retries.
#[derive(Default)]
pub(super) struct RetryBound {
    pub(super) first_calls: u64,
    pub(super) retries: u64,
    /// The largest number of slots so far.
    pub(super) slots: usize,
}

impl RetryBound {
    /// Checks the bound: a full budget at the start, a tenth of the first calls,
    /// and a full budget every ten seconds.
    pub(super) fn check(&self, now: Duration) {
        let capacity = self.slots.max(10) as f64;
        let most = capacity + 0.1 * self.first_calls as f64 + capacity / 10.0 * now.as_secs_f64();
        let retries = self.retries as f64;
        assert!(retries <= most + 0.01, "{retries} retries, {most} are paid");
    }
}
