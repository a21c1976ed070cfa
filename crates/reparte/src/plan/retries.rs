//! The retries: whether and when a task whose call has failed is tried again.
//!
//! A task is tried again until its attempts, the calls that may have run, reach
//! their limit. Retries after such a call are paid for from a
//! [budget](super::budget). A retry that can't be paid for is delayed; no task
//! fails by that.

use std::time::Duration;

use crate::plan::action::TaskFailure;
use crate::plan::budget::Budget;
use crate::plan::failures::CallFailure;
use crate::plan::suspects::Suspicion;

/// The budget and the limits of attempts.
#[derive(Debug)]
pub(super) struct Retries {
    /// Both are at least 1.
    most: Attempts,
    budget: Budget,
}

/// The attempts of a task: calls that may have run and brought no result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attempts {
    /// The number of those that ended with a fault that is tried again.
    pub(super) faults: u32,
    /// All others.
    pub(super) others: u32,
}

impl Attempts {
    /// Returns one attempt, or none if it does not `count`.
    pub(super) fn one(counts: bool, is_retried_fault: bool) -> Self {
        Self {
            faults: u32::from(counts && is_retried_fault),
            others: u32::from(counts && !is_retried_fault),
        }
    }

    /// Returns one of these, if there is any: the others come after it.
    pub(super) fn first(self) -> Self {
        Self {
            faults: self.faults.min(1),
            others: self.others.min(1),
        }
    }

    /// Returns the sum.
    pub(super) fn plus(self, more: Self) -> Self {
        Self {
            faults: self.faults.saturating_add(more.faults),
            others: self.others.saturating_add(more.others),
        }
    }

    /// Returns the difference, with nothing below zero.
    pub(super) fn minus(self, less: Self) -> Self {
        Self {
            faults: self.faults.saturating_sub(less.faults),
            others: self.others.saturating_sub(less.others),
        }
    }
}

/// The decision on a task that needs another call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryDecision {
    /// It waits for a free slot.
    Retry,
    /// It waits for the budget, and then for a free slot.
    Delay,
    /// It waits to run alone on a server.
    Isolate,
    /// It is not tried again.
    Fail(TaskFailure),
}

impl Retries {
    /// Creates the retries of a run. Its slots bring their part of the budget at
    /// the first [`refill`](Self::refill).
    pub(super) fn new(max_attempts: u32, max_fault_attempts: u32) -> Self {
        Self {
            most: Attempts {
                faults: max_fault_attempts.max(1),
                others: max_attempts.max(1),
            },
            budget: Budget::new(0),
        }
    }

    /// Decides on a task whose call has failed, given its attempts including
    /// this call. Takes a token for [`RetryDecision::Retry`] if the call may have run.
    pub(super) fn after_failure(
        &mut self,
        failure: CallFailure,
        attempts: Attempts,
        suspicion: Suspicion,
    ) -> RetryDecision {
        let exhausted = !self.has_attempts(attempts, false);
        match suspicion {
            Suspicion::None | Suspicion::Suspect if exhausted => {
                RetryDecision::Fail(TaskFailure::GivenUp)
            }
            suspicion => self.retry(failure.may_have_run, suspicion),
        }
    }

    /// Returns whether a task with so many attempts may have another one, after a fault
    /// that is tried again or after any other failure. Faults that are tried again count
    /// after such a fault alone.
    pub(super) fn has_attempts(&self, attempts: Attempts, after_retried_fault: bool) -> bool {
        let has_others = attempts.others < self.most.others;
        match after_retried_fault {
            true => attempts.faults < self.most.faults && has_others,
            false => has_others,
        }
    }

    /// Decides on a task that is tried again, however many attempts it has had, unless
    /// it is poison. Takes a token for [`RetryDecision::Retry`] if the retry is `paid`.
    pub(super) fn retry(&mut self, paid: bool, suspicion: Suspicion) -> RetryDecision {
        match suspicion {
            Suspicion::Poison => RetryDecision::Fail(TaskFailure::Poison),
            Suspicion::Suspect | Suspicion::Unconfirmed => RetryDecision::Isolate,
            Suspicion::None if paid && !self.budget.spend() => RetryDecision::Delay,
            Suspicion::None => RetryDecision::Retry,
        }
    }

    /// Adds to the budget what the first call of a task earns.
    pub(super) fn earn(&mut self) {
        self.budget.earn();
    }

    /// Adds to the budget what the passing time and new slots bring.
    pub(super) fn refill(&mut self, now: Duration, slots: usize) {
        self.budget.refill(now, slots);
    }

    /// Pays for a delayed retry. Returns false if the budget can't.
    pub(super) fn pay(&mut self) -> bool {
        self.budget.spend()
    }

    /// Returns when the budget can pay for the next delayed retry, always
    /// after `now`.
    pub(super) fn next_payment_at(&self, now: Duration) -> Duration {
        let soonest = now + Duration::from_nanos(1);
        self.budget.next_token_at().max(soonest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::failures::Death;

    const LOST: CallFailure = CallFailure {
        may_have_run: true,
        death: Death::None,
    };

    #[test]
    fn a_task_is_given_up_after_its_last_attempt() {
        for (max_attempts, attempts, failure, decision) in [
            (3, 2, LOST, RetryDecision::Retry),
            (3, 3, LOST, RetryDecision::Fail(TaskFailure::GivenUp)),
            (0, 0, LOST, RetryDecision::Retry),
            (0, 1, LOST, RetryDecision::Fail(TaskFailure::GivenUp)),
        ] {
            let mut retries = Retries::new(max_attempts, 1);
            let attempts = Attempts {
                faults: 9,
                others: attempts,
            };
            let decided = retries.after_failure(failure, attempts, Suspicion::None);
            assert_eq!(decided, decision, "{attempts:?} of {max_attempts}");
        }
    }

    #[test]
    fn a_suspect_is_isolated_and_poison_fails() {
        for (suspicion, attempts, decision) in [
            (Suspicion::Suspect, 1, RetryDecision::Isolate),
            (
                Suspicion::Suspect,
                2,
                RetryDecision::Fail(TaskFailure::GivenUp),
            ),
            (Suspicion::Unconfirmed, 2, RetryDecision::Isolate),
            (
                Suspicion::Poison,
                1,
                RetryDecision::Fail(TaskFailure::Poison),
            ),
        ] {
            let attempts = Attempts {
                faults: 0,
                others: attempts,
            };
            let decided = Retries::new(2, 2).after_failure(LOST, attempts, suspicion);
            assert_eq!(decided, decision, "{suspicion:?}");
        }
        let decided = Retries::new(2, 2).retry(false, Suspicion::Poison);
        assert_eq!(decided, RetryDecision::Fail(TaskFailure::Poison));
    }

    #[test]
    fn what_is_not_paid_for_is_delayed() {
        let mut retries = Retries::new(9, 9);
        let now = Duration::from_secs(1);
        retries.refill(now, 1);
        for _ in 0..10 {
            assert_eq!(retries.retry(true, Suspicion::None), RetryDecision::Retry);
        }
        assert_eq!(retries.retry(true, Suspicion::None), RetryDecision::Delay);
        assert_eq!(retries.retry(false, Suspicion::None), RetryDecision::Retry);
        let at = retries.next_payment_at(now);
        assert_eq!(at, Duration::from_secs(2));
        retries.refill(at, 1);
        assert_eq!(retries.next_payment_at(at), at + Duration::from_nanos(1));
        assert!(retries.pay() && !retries.pay());
        (0..10).for_each(|_| retries.earn());
        assert!(retries.pay() && !retries.pay());
    }

    #[test]
    fn faults_that_are_tried_again_have_a_count_of_their_own() {
        let retries = Retries::new(1, 3);
        let mut attempts = Attempts::default();
        for (is_retried_fault, left) in [
            (true, [true, true]),
            (true, [true, true]),
            (true, [false, true]),
            (false, [false, false]),
        ] {
            attempts = attempts.plus(Attempts::one(true, is_retried_fault));
            let has = [true, false].map(|kind| retries.has_attempts(attempts, kind));
            assert_eq!(has, left, "{attempts:?}");
        }
        let others = attempts.minus(Attempts {
            faults: 9,
            others: 0,
        });
        assert_eq!(others, Attempts::one(true, false));
        let first = Attempts {
            faults: 0,
            others: 5,
        };
        assert_eq!(first.first(), Attempts::one(true, false));
        assert_eq!(Attempts::one(false, true), Attempts::default());
    }
}
