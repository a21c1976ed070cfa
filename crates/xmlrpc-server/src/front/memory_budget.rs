//! The budget of bytes for the requests and the answers that all clients hold together.
//!
//! A request begins to be read if there is room for all of it, and takes its share in steps, as its
//! body comes: a client that declares a long body and sends nothing holds no more than the first
//! step. It is refused as soon as there is no room for the next step. An answer
//! exists before its length is known, and then takes its share whether there is one or not. So a
//! function begins only if there is room for an answer as long as the latest ones, twice: its
//! value and its document. The budget is exceeded by answers that are longer than those before.

use std::sync::Arc;
use std::sync::atomic::{
    AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};

/// The part of a budget that is kept for short requests: long ones that are all incomplete leave
/// room for questions of watchers and for small calls.
const SHORT_PART: usize = 16;

/// The longest request that counts as short.
pub(crate) const MAX_SHORT: usize = 16 * 1024;

/// The bytes that all clients may hold together.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    bytes: usize,
    held: AtomicUsize,
    /// The length of the longest answer of late.
    expected: AtomicUsize,
    /// The number of times that there was no room.
    refusals: AtomicUsize,
}

/// A share of a budget, which is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct MemoryShare {
    budget: Arc<MemoryBudget>,
    bytes: usize,
    /// The bytes that all shares may have together for this one to grow.
    most: usize,
}

impl MemoryBudget {
    /// Returns a budget of `bytes`, or of `least` if that is more.
    pub(crate) fn new(bytes: usize, least: usize) -> Arc<Self> {
        Arc::new(MemoryBudget {
            bytes: bytes.max(least),
            held: AtomicUsize::new(0),
            expected: AtomicUsize::new(0),
            refusals: AtomicUsize::new(0),
        })
    }

    /// Returns the bytes that long requests and answers may hold together.
    fn long_part(&self) -> usize {
        self.bytes - self.bytes / SHORT_PART
    }

    /// Changes the number of bytes that are held, unless there is no room: that is counted.
    fn take(&self, add: impl FnMut(usize) -> Option<usize>) -> Option<()> {
        let taken = self.held.fetch_update(SeqCst, SeqCst, add);
        if taken.is_err() {
            self.refusals.fetch_add(1, Relaxed);
        }
        taken.ok().map(drop)
    }

    /// Takes the `first` step of the share of a request that may take `bytes` in all. One that is
    /// too long for the whole budget takes all that long ones may hold. Returns `None` if there is
    /// no room for all of it now.
    pub(crate) fn reserve(self: &Arc<Self>, bytes: usize, first: usize) -> Option<MemoryShare> {
        let most = match bytes <= MAX_SHORT {
            true => self.bytes,
            false => self.long_part(),
        };
        let (bytes, first) = (bytes.min(most), first.min(bytes).min(most));
        let add = |held: usize| {
            let whole = held.checked_add(bytes)?;
            (whole <= most).then(|| held + first)
        };
        self.take(add)?;
        Some(MemoryShare {
            budget: Arc::clone(self),
            bytes: first,
            most,
        })
    }

    /// Takes a share for an answer, which is there already, and is long enough to be counted.
    pub(crate) fn charge(self: &Arc<Self>, bytes: usize) -> MemoryShare {
        self.expect(bytes);
        self.held.fetch_add(bytes, SeqCst);
        MemoryShare {
            budget: Arc::clone(self),
            bytes,
            most: self.bytes,
        }
    }

    /// Notes the length of an answer. An expectation that is too long becomes shorter with each.
    pub(crate) fn expect(&self, bytes: usize) {
        let before = self.expected.load(Relaxed);
        let expected = bytes.max(before - before / 8);
        // Of two answers at once, one may go unnoted. One that changes nothing writes nothing:
        // the threads share this.
        if expected != before {
            self.expected.store(expected, Relaxed);
        }
    }

    /// Takes a share for the answer of a function, which may then begin. Its request has `own`
    /// bytes of the budget. Returns `None` if there is no room.
    pub(crate) fn begin(self: &Arc<Self>, own: usize) -> Option<MemoryShare> {
        // With nothing else there, one function may always run.
        let expected = self.expected.load(Relaxed).saturating_mul(2);
        let bytes = expected.min(self.bytes / 2);
        let add = |held: usize| {
            let others = held.saturating_sub(own);
            (others + bytes < self.bytes).then(|| held + bytes)
        };
        self.take(add)?;
        Some(MemoryShare {
            budget: Arc::clone(self),
            bytes,
            most: self.bytes,
        })
    }
}

impl MemoryShare {
    /// Takes what the share lacks of `bytes`, or of all that such requests may hold. Returns
    /// `None` if there is no room.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Option<()> {
        let step = bytes.min(self.most).saturating_sub(self.bytes);
        if step > 0 {
            let most = self.most;
            let add = |held: usize| held.checked_add(step).filter(|sum| *sum <= most);
            self.budget.take(add)?;
            self.bytes += step;
        }
        Some(())
    }

    /// Returns the number of times that there was no room in the budget.
    pub(crate) fn refusals(&self) -> usize {
        self.budget.refusals.load(Relaxed)
    }

    /// Returns the length of the share.
    #[cfg(any(feature = "hyper", test))]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Gives back what is beyond `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let surplus = self.bytes.saturating_sub(bytes);
        if surplus > 0 {
            self.budget.held.fetch_sub(surplus, SeqCst);
            self.bytes -= surplus;
        }
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    /// Takes the whole share of a request at once.
    fn reserve(budget: &Arc<MemoryBudget>, bytes: usize) -> Option<MemoryShare> {
        budget.reserve(bytes, bytes)
    }

    #[test]
    fn requests_that_do_not_come_hold_their_first_step_alone() {
        let budget = MemoryBudget::new(16 * MIB, 0);
        let silent: Vec<_> = (0..64).map(|_| budget.reserve(8 * MIB, 1024)).collect();
        assert!(silent.iter().all(Option::is_some));
        assert_eq!(budget.held.load(SeqCst), 64 * 1024);
        let mut one = budget.reserve(8 * MIB, 1024).unwrap();
        for step in [2048, 2048, MIB, 8 * MIB] {
            one.grow_to(step).unwrap();
            assert_eq!(one.bytes, step);
        }
        // There is room for a step of another, not for all of it.
        assert!(budget.reserve(8 * MIB, 1024).is_none());
        let mut other = budget.reserve(MIB, 1024).unwrap();
        assert!(other.grow_to(8 * MIB).is_none());
        assert_eq!(other.bytes, 1024);
        drop(one);
        // A request that may take more than long ones may hold has all that they may.
        drop(silent);
        assert!(other.grow_to(usize::MAX).is_some());
        assert_eq!(budget.held.load(SeqCst), 15 * MIB);
    }

    #[test]
    fn long_requests_leave_room_for_short_ones() {
        let budget = MemoryBudget::new(16 * MIB, 0);
        let long = reserve(&budget, 15 * MIB).unwrap();
        assert!(reserve(&budget, MAX_SHORT + 1).is_none());
        assert!(budget.begin(0).is_some());
        let short: Vec<_> = (0..64)
            .map(|_| reserve(&budget, MAX_SHORT).unwrap())
            .collect();
        assert!(reserve(&budget, 1).is_none());
        assert!(budget.begin(0).is_none());
        assert!(budget.begin(MAX_SHORT).is_some());
        drop(short);
        drop(long);
        assert_eq!(budget.held.load(SeqCst), 0);
    }

    #[test]
    fn the_budget_is_never_below_the_least() {
        let budget = MemoryBudget::new(1, 16 * MIB);
        let all = reserve(&budget, usize::MAX).unwrap();
        assert_eq!(budget.held.load(SeqCst), 15 * MIB);
        assert!(budget.begin(15 * MIB).is_some());
        drop(all);
        assert_eq!(budget.held.load(SeqCst), 0);
    }

    #[test]
    fn an_answer_has_its_share_and_no_function_begins_beyond_the_budget() {
        let budget = MemoryBudget::new(16 * MIB, 0);
        let answers = [budget.charge(14 * MIB), budget.charge(14 * MIB)];
        assert!(budget.begin(0).is_none());
        assert!(reserve(&budget, 1).is_none());
        drop(answers);
        assert!(budget.begin(0).is_some());
    }

    #[test]
    fn a_function_begins_if_an_answer_like_the_last_has_room_twice() {
        let budget = MemoryBudget::new(16 * MIB, 0);
        drop(budget.charge(3 * MIB));
        let first = budget.begin(0).unwrap();
        let second = budget.begin(0).unwrap();
        assert_eq!(budget.held.load(SeqCst), 12 * MIB);
        assert!(budget.begin(0).is_none());
        drop((first, second));
        // One runs, however long its answer may be.
        drop(budget.charge(64 * MIB));
        let one = budget.begin(0).unwrap();
        assert!(budget.begin(0).is_none());
        drop(one);
        for _ in 0..200 {
            budget.expect(1);
        }
        assert!(budget.begin(0).unwrap().bytes < 16);
    }

    #[test]
    fn a_share_shrinks_and_never_grows_by_that() {
        let budget = MemoryBudget::new(16 * MIB, 0);
        let mut share = reserve(&budget, 8 * MIB).unwrap();
        share.shrink_to(MIB);
        share.shrink_to(2 * MIB);
        assert_eq!((share.bytes(), budget.held.load(SeqCst)), (MIB, MIB));
        drop(share);
        assert_eq!(budget.held.load(SeqCst), 0);
    }
}
