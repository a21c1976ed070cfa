//! The retry budget, a token bucket.

use std::time::Duration;

/// One token, which pays for one retry. The level is counted in billionths of
/// a token, so a bucket of n tokens that fills in a second gains n units a
/// nanosecond.
const TOKEN: u64 = 1_000_000_000;
/// The part of a token that the first call of a task earns.
const EARNED: u64 = TOKEN / 10;
/// Smallest capacity, in tokens. The capacity is otherwise one token a slot:
/// every call in flight may be lost once, and be retried without delay.
const SMALLEST: usize = 10;
/// Seconds in which an empty bucket fills by time alone.
const FILLS_IN: u64 = 10;

/// The budget for retries of calls that may have run. While most calls fail it
/// is empty, and retries are delayed: they are then at most a tenth of the
/// calls while new tasks come, and a few more as time passes.
#[derive(Debug)]
pub(super) struct Budget {
    /// Never more than `capacity`.
    level: u64,
    capacity: u64,
    /// Time up to which `level` includes what time alone brings.
    at: Duration,
}

impl Budget {
    /// Creates a full bucket for a number of slots.
    pub(super) fn new(slots: usize) -> Self {
        let capacity = capacity(slots);
        Self {
            level: capacity,
            capacity,
            at: Duration::ZERO,
        }
    }

    /// Adds what the time since the last call has brought, and adapts the
    /// capacity to the number of slots. New slots bring full tokens.
    pub(super) fn refill(&mut self, now: Duration, slots: usize) {
        let passed = now.saturating_sub(self.at).as_nanos();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        self.at = now;
        let before = std::mem::replace(&mut self.capacity, capacity(slots));
        let joined = self.capacity.saturating_sub(before);
        let earned = passed.saturating_mul(before / TOKEN) / FILLS_IN;
        self.add(earned.saturating_add(joined));
    }

    /// Adds what the first call of a task earns.
    pub(super) fn earn(&mut self) {
        self.add(EARNED);
    }

    /// Takes a token. Returns false, and takes nothing, if there is no full one.
    pub(super) fn spend(&mut self) -> bool {
        let paid = self.level.checked_sub(TOKEN);
        self.level = paid.unwrap_or(self.level);
        paid.is_some()
    }

    /// Returns when there is a full token if only time passes.
    pub(super) fn next_token_at(&self) -> Duration {
        let missing = TOKEN.saturating_sub(self.level);
        let nanos = (missing * FILLS_IN).div_ceil(self.capacity / TOKEN);
        self.at + Duration::from_nanos(nanos)
    }

    fn add(&mut self, parts: u64) {
        self.level = self.level.saturating_add(parts).min(self.capacity);
    }
}

/// Returns the capacity for a number of slots, in billionths of a token.
fn capacity(slots: usize) -> u64 {
    (slots.max(SMALLEST) as u64).saturating_mul(TOKEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spend_all(budget: &mut Budget) -> usize {
        std::iter::from_fn(|| budget.spend().then_some(())).count()
    }

    #[test]
    fn it_has_room_for_every_slot_and_ten_at_least() {
        for (slots, tokens) in [(0, 10), (1, 10), (10, 10), (64, 64)] {
            assert_eq!(spend_all(&mut Budget::new(slots)), tokens);
        }
    }

    #[test]
    fn ten_first_calls_pay_for_one_retry() {
        let mut budget = Budget::new(1);
        spend_all(&mut budget);
        for _ in 0..9 {
            budget.earn();
            assert!(!budget.spend());
        }
        budget.earn();
        assert!(budget.spend());
        (0..1000).for_each(|_| budget.earn());
        assert_eq!(spend_all(&mut budget), 10);
    }

    #[test]
    fn it_fills_in_ten_seconds() {
        for slots in [1, 64] {
            let mut budget = Budget::new(slots);
            spend_all(&mut budget);
            let next = budget.next_token_at();
            budget.refill(next - Duration::from_nanos(20), slots);
            assert!(!budget.spend(), "{slots}");
            budget.refill(next, slots);
            assert!(budget.spend(), "{slots}");
            budget.refill(Duration::from_secs(9), slots);
            assert!(spend_all(&mut budget) < slots.max(10));
            budget.refill(Duration::from_secs(30), slots);
            assert_eq!(spend_all(&mut budget), slots.max(10));
        }
    }

    #[test]
    fn servers_that_join_bring_tokens() {
        let mut budget = Budget::new(10);
        spend_all(&mut budget);
        budget.refill(Duration::ZERO, 40);
        assert_eq!(spend_all(&mut budget), 30);
        budget.refill(Duration::from_secs(99), 4);
        assert_eq!(spend_all(&mut budget), 10);
    }
}
