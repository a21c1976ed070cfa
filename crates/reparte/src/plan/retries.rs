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
pub(super) enum Next {
    /// It waits for a free slot.
    Retry,
    /// It waits for the budget, and then for a free slot.
    Delay,
    /// It waits until nothing else waits or runs.
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
    /// this call. Takes a token for [`Next::Retry`] if the call may have run.
    pub(super) fn after_failure(
        &mut self,
        failure: CallFailure,
        attempts: u32,
        suspicion: Suspicion,
    ) -> Next {
        let exhausted = attempts >= self.max_attempts;
        if suspicion == Suspicion::Poison {
            Next::Fail(TaskFailure::Poison)
        } else if exhausted && suspicion != Suspicion::Unconfirmed {
            Next::Fail(match failure.is_fault {
                true => TaskFailure::Permanent,
                false => TaskFailure::GivenUp,
            })
        } else {
            self.again(failure.may_have_run, suspicion)
        }
    }

    /// Decides on a task that is tried again in any case. Takes a token for
    /// [`Next::Retry`] if the retry is `paid`.
    pub(super) fn again(&mut self, paid: bool, suspicion: Suspicion) -> Next {
        if suspicion > Suspicion::None {
            Next::Isolate
        } else if paid && !self.budget.spend() {
            Next::Delay
        } else {
            Next::Retry
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
