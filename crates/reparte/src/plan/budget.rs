//! How many retries the run can afford.

use std::time::Duration;

use super::Plan;

/// Tokens are counted in parts of a milliard.
const TOKEN: u64 = 1_000_000_000;
/// What a first call earns.
const SHARE: u64 = TOKEN / 10;
/// The fewest tokens that the bucket has room for; it has room for one a slot,
/// so that every call in flight may be lost, once, and be made again at once.
const LEAST: usize = 10;
/// How long it takes to fill by itself, in units of the time in which one
/// token is a part a nanosecond.
const FILLS_IN: u64 = 10;

/// A token bucket that pays for retries of calls that may have run. In a sick
/// cluster it is empty, and they are delayed: at most a tenth of the calls
/// made while new tasks come, and a few for the time that passes.
#[derive(Debug)]
pub(crate) struct Budget {
    level: u64,
    most: u64,
    at: Duration,
}

impl Budget {
    /// A full bucket, for so many slots.
    pub(crate) fn new(slots: usize) -> Self {
        let most = most(slots);
        Self {
            level: most,
            most,
            at: Duration::ZERO,
        }
    }

    /// Some time has passed, and there may be other slots: new ones come with
    /// tokens of their own.
    pub(super) fn refill(&mut self, now: Duration, slots: usize) {
        let passed = now.saturating_sub(self.at).as_nanos();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        self.at = now;
        let before = std::mem::replace(&mut self.most, most(slots));
        let joined = self.most.saturating_sub(before);
        let earned = passed.saturating_mul(before / TOKEN) / FILLS_IN;
        self.add(earned.saturating_add(joined));
    }

    /// A first call is made.
    pub(super) fn earn(&mut self) {
        self.add(SHARE);
    }

    /// Pays for a retry, if it can.
    pub(super) fn spend(&mut self) -> bool {
        let paid = self.level.checked_sub(TOKEN);
        self.level = paid.unwrap_or(self.level);
        paid.is_some()
    }

    /// When the next token is full by time alone.
    pub(super) fn pays_at(&self) -> Duration {
        let missing = TOKEN.saturating_sub(self.level);
        let nanos = (missing * FILLS_IN).div_ceil(self.most / TOKEN);
        self.at + Duration::from_nanos(nanos)
    }

    fn add(&mut self, parts: u64) {
        self.level = self.level.saturating_add(parts).min(self.most);
    }
}

fn most(slots: usize) -> u64 {
    (slots.max(LEAST) as u64).saturating_mul(TOKEN)
}

impl Plan {
    /// Lets those retries go that the budget now pays for.
    pub(super) fn pay(&mut self) {
        self.budget.refill(self.now, self.servers.slots());
        while let Some((task, failed_by)) = self.tasks.first_delayed()
            && self.budget.spend()
        {
            self.tasks.retry(task, failed_by);
        }
    }

    /// When the next of them can go.
    pub(super) fn paid_at(&self) -> Option<Duration> {
        self.tasks.first_delayed()?;
        Some(
            self.budget
                .pays_at()
                .max(self.now + Duration::from_nanos(1)),
        )
    }
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
            let next = budget.pays_at();
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
