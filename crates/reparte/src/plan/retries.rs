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

/// The budget and the limit of attempts.
#[derive(Debug)]
pub(super) struct Retries {
    /// At least 1.
    max_attempts: u32,
    budget: Budget,
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
    pub(super) fn new(max_attempts: u32) -> Self {
        Self {
            max_attempts: max_attempts.max(1),
            budget: Budget::new(0),
        }
    }

    /// Decides on a task whose call has failed, given its attempts including
    /// this call. Takes a token for [`RetryDecision::Retry`] if the call may have run.
    pub(super) fn after_failure(
        &mut self,
        failure: CallFailure,
        attempts: u32,
        suspicion: Suspicion,
    ) -> RetryDecision {
        let exhausted = !self.has_attempts(attempts);
        match suspicion {
            Suspicion::None | Suspicion::Suspect if exhausted => {
                RetryDecision::Fail(TaskFailure::GivenUp)
            }
            suspicion => self.retry(failure.may_have_run, suspicion),
        }
    }

    /// Returns whether a task with so many attempts may have another one.
    pub(super) fn has_attempts(&self, attempts: u32) -> bool {
        attempts < self.max_attempts
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
            let mut retries = Retries::new(max_attempts);
            let decided = retries.after_failure(failure, attempts, Suspicion::None);
            assert_eq!(decided, decision, "{attempts} of {max_attempts}");
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
            let decided = Retries::new(2).after_failure(LOST, attempts, suspicion);
            assert_eq!(decided, decision, "{suspicion:?}");
        }
        let decided = Retries::new(2).retry(false, Suspicion::Poison);
        assert_eq!(decided, RetryDecision::Fail(TaskFailure::Poison));
    }

    #[test]
    fn what_is_not_paid_for_is_delayed() {
        let mut retries = Retries::new(9);
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
}
