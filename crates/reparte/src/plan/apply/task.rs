//! The changes of tasks: result, failure, retry, suspicion.

use std::time::Duration;

use crate::ids::{ServerId, TaskId};
use crate::plan::Plan;
use crate::plan::action::{Action, Hedges, TaskFailure};
use crate::plan::calls::{CallKind, CallState, InFlight};
use crate::plan::failures::{CallFailure, Death};
use crate::plan::health::State;
use crate::plan::hedging;
use crate::plan::retries::{Attempts, RetryDecision};
use crate::plan::suspects::Suspicion;
use crate::plan::tasks::Queue;

impl Plan {
    /// Ends a task with the result that a call has brought.
    pub(in crate::plan) fn deliver_result(&mut self, ended: &InFlight) {
        let task = ended.task;
        self.ended_tasks += 1;
        self.halt_if_due();
        self.record_result(ended);
        self.actions.push_back(Action::DeliverResult {
            task,
            server: ended.by().server,
            hedges: self.hedges(task, ended.kind == CallKind::Hedge),
        });
        self.close_task(task);
    }

    /// Ends a task without a result.
    pub(in crate::plan) fn fail_task(&mut self, task: TaskId, reason: TaskFailure) {
        if reason != TaskFailure::Cancelled {
            self.ended_tasks += 1;
            self.failed_tasks += 1;
            self.halt_if_due();
        }
        self.actions.push_back(Action::FailTask {
            task,
            reason,
            hedges: self.hedges(task, false),
        });
        self.close_task(task);
    }

    /// Starts no more calls from now on, if enough tasks have failed.
    fn halt_if_due(&mut self) {
        let halt = self.options.halt;
        self.halted |=
            halt.is_some_and(|halt| halt.is_reached(self.failed_tasks, self.ended_tasks));
        self.draining |= self.halted;
    }

    /// Ends a task that is still open, as the caller wishes.
    pub(in crate::plan) fn cancel_task(&mut self, task: TaskId) {
        if self.tasks.get(task).is_some() {
            self.fail_task(task, TaskFailure::Cancelled);
        }
    }

    /// Closes a task that has ended, and cancels the calls that it still has.
    pub(in crate::plan) fn close_task(&mut self, task: TaskId) {
        self.suspects.forget(task);
        if self.cases.any() {
            self.cases.close(task);
        }
        let Some(closed) = self.tasks.close(task) else {
            return;
        };
        for &call in closed.calls() {
            if let Some(cancelled) = self.cancel_call(call) {
                let server = cancelled.assignment.server;
                self.actions.push_back(Action::CancelCall { call, server });
            }
        }
    }

    pub(in crate::plan) fn hedges(&self, task: TaskId, won: bool) -> Hedges {
        let made = self.tasks.get(task).map_or(0, |task| task.hedges());
        Hedges { made, won }
    }

    /// Records that a server may have died of a call's task.
    pub(in crate::plan) fn record_death(&mut self, call: &InFlight, death: Death) {
        let (task, server) = (call.task, call.by().server);
        let death = match self.time_left.has_ended(call.assignment.server, self.now) {
            // It knew when, so that it was not the task that ended it.
            true => Death::None,
            false => death,
        };
        let isolated = call.kind == CallKind::Isolated;
        match death {
            Death::None => {}
            Death::Certain => {
                self.suspects.server_died(task, server, isolated, self.now);
            }
            Death::Possible => {
                // A server that is out is not probed, and so can't say that it lives.
                let probed = self.health.state(server) != State::Out;
                let instance = self.heartbeat.instance_since(server, call.started);
                let instance = instance.filter(|_| probed);
                self.suspects
                    .connection_broke(task, server, isolated, instance, self.now);
            }
        }
    }

    /// Settles the unconfirmed deaths on a server: a probe sent at `asked_at` has
    /// returned, with the server's `instance` if it has reported one.
    pub(in crate::plan) fn settle_deaths(
        &mut self,
        server: ServerId,
        asked_at: Duration,
        instance: Option<u64>,
    ) {
        while let Some(task) = self.suspects.settle_death(server, asked_at, instance) {
            let waits = self
                .tasks
                .get(task)
                .is_some_and(|task| task.waits_isolated());
            match self.suspects.suspicion(task) {
                Suspicion::Poison if waits => self.fail_task(task, TaskFailure::Poison),
                Suspicion::None if waits => {
                    let decision = self.retries.retry(true, Suspicion::None);
                    self.requeue(task, decision);
                }
                _ => self.update_hedging(task),
            }
        }
    }

    /// Tries a task again whose call on a server has failed, unless it has
    /// another call that is awaited, or has failed for good.
    pub(in crate::plan) fn try_again(&mut self, call: &InFlight, failure: CallFailure) {
        let (task, server) = (call.task, call.by().server);
        let has_ended = self.time_left.has_ended(call.assignment.server, self.now);
        let failure = CallFailure {
            may_have_run: failure.may_have_run && !has_ended,
            ..failure
        };
        let Some(failed) = self.tasks.get_mut(task) else {
            return;
        };
        let counts = failure.may_have_run && call.kind != CallKind::Hedge;
        let attempts = failed.call_failed(Attempts::one(counts, false));
        let attempts = attempts.minus(self.uncounted_attempts(task, |_| true));
        self.tasks.avoid(task, server, false);
        if self.has_awaited_call(task) {
            return self.update_hedging(task);
        }
        let suspicion = self.suspects.suspicion(task);
        let decision = self.retries.after_failure(failure, attempts, suspicion);
        self.requeue(task, decision);
    }

    pub(in crate::plan) fn requeue(&mut self, task: TaskId, decision: RetryDecision) {
        match decision {
            RetryDecision::Retry => self.requeue_retry(task),
            RetryDecision::Delay => self.tasks.requeue(task, Queue::Delayed),
            RetryDecision::Isolate => self.tasks.requeue(task, Queue::Isolated),
            RetryDecision::Fail(reason) => self.fail_task(task, reason),
        }
    }

    /// Has a task wait for a slot. It is decided on anew if it waits for a server that
    /// can't come any more.
    pub(in crate::plan) fn requeue_retry(&mut self, task: TaskId) {
        self.tasks.requeue(task, Queue::Retry);
        let waited = self.tasks.get(task);
        let is_strict = waited.is_some_and(|task| task.avoid().is_strict());
        self.recheck |= is_strict && !self.any_other_can_come(task);
    }

    /// Ends a task whose call its host has given up, since it has ended several workers. Another
    /// call of it may still have a result, and gets no hedge: that may end the next workers.
    pub(in crate::plan) fn give_up_call(&mut self, task: TaskId) {
        if !self.has_awaited_call(task) {
            return self.fail_task(task, TaskFailure::Permanent);
        }
        let calls = self.tasks.get(task).map(|task| task.calls().to_vec());
        for call in calls.into_iter().flatten() {
            self.calls.mark_lost_worker(call);
        }
        self.update_hedging(task);
    }

    /// Has the hedging follow a change of a task, its calls or its deaths.
    pub(in crate::plan) fn update_hedging(&mut self, task: TaskId) {
        let Some(updated) = self.tasks.get(task) else {
            return;
        };
        let has_one_call = updated.calls().len() == 1
            && !updated.waits()
            && updated.hedges() < hedging::MOST_HEDGES;
        let deaths = self.suspects.deaths(task).len();
        for &id in updated.calls() {
            let can_be_hedged = self.calls.get(id).is_some_and(|call| {
                has_one_call
                    && call.state == CallState::Awaited
                    && call.began.is_some()
                    // It may end the next worker too.
                    && !call.has_lost_worker
                    && hedging::is_harmless(deaths, self.reports_status(call.by().server))
            });
            self.hedging.set_candidate(id, can_be_hedged);
        }
    }
}
