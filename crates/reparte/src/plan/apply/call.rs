//! The changes of calls: start, return, cancellation, loss, doubt.

use std::time::Duration;

use crate::ids::{CallId, ServerId, TaskId};
use crate::plan::Plan;
use crate::plan::action::{Action, CallReason, LossReason};
use crate::plan::calls::{Assignment, CallKind, CallState, InFlight};
use crate::plan::event::Role;
use crate::plan::failures;
use crate::plan::tasks::Task;

impl Plan {
    /// Starts a call of a task that is in no queue.
    pub(in crate::plan) fn start_call(&mut self, task: TaskId, server: ServerId, kind: CallKind) {
        let slow_after = self.slow_after();
        let health_at_start = self.health.call_started(server);
        self.placement.take_slot(server, kind == CallKind::Isolated);
        self.update_placement(server);
        self.heartbeat.call_runs(server, slow_after, self.now);
        let call = self.calls.next_id();
        let trial = self.take_trial(task, server, kind);
        let is_host = self.health.role(server) == Role::Host;
        self.calls.start(InFlight {
            id: call,
            task,
            assignment: Assignment {
                server,
                health_at_start,
            },
            kind,
            started: self.now,
            began: (!is_host).then_some(self.now),
            worker: None,
            trial,
            has_lost_worker: false,
            state: CallState::Awaited,
        });
        let is_hedge = kind == CallKind::Hedge;
        let started = self.tasks.get_mut(task);
        let first = started.is_some_and(|task| task.call_started(call, is_hedge));
        let reason = match first {
            _ if is_hedge => CallReason::Hedge,
            true => CallReason::First,
            false => CallReason::Retry,
        };
        if reason == CallReason::First {
            self.retries.earn();
        }
        self.update_hedging(task);
        self.actions.push_back(Action::StartCall {
            task,
            call,
            server,
            reason,
        });
    }

    /// Frees the slot of a call that has returned.
    pub(in crate::plan) fn free_slot(&mut self, call: CallId, ended: &InFlight) {
        let Assignment {
            server,
            health_at_start,
        } = ended.assignment;
        self.hedging.set_candidate(call, false);
        if let Some(task) = self.tasks.get_mut(ended.task) {
            task.call_over(call);
        }
        self.health.call_returned(server, health_at_start);
        self.end_trial(ended.trial.or(ended.worker));
        self.placement
            .free_slot(server, ended.kind == CallKind::Isolated);
        self.update_placement(server);
    }

    /// Cancels a call. Returns it as it was, or `None` if it was cancelled
    /// before.
    pub(in crate::plan) fn cancel_call(&mut self, call: CallId) -> Option<InFlight> {
        let cancelled = self.calls.cancel(call)?;
        self.hedging.set_candidate(call, false);
        if let Some(task) = self.tasks.get_mut(cancelled.task) {
            task.call_over(call);
        }
        Some(cancelled)
    }

    /// Counts a call as lost. Its task is tried again, and then its server
    /// judged.
    pub(in crate::plan) fn lose_call(&mut self, call: CallId, reason: LossReason) {
        let Some(lost) = self.cancel_call(call) else {
            return;
        };
        let lost = match reason {
            LossReason::TimeLimit => lost,
            LossReason::ServerRestarted => lost.without_worker(),
        };
        let (task, server) = (lost.task, lost.assignment.server);
        self.actions.push_back(Action::LoseCall {
            task,
            call,
            server,
            reason,
        });
        let (server_verdict, failure) = failures::assess_loss(reason);
        self.record_death(&lost, failure.death);
        self.try_again(&lost, failure);
        self.apply_to_server(&lost, server_verdict);
    }

    /// Loses the calls that have exceeded their time limit.
    pub(in crate::plan) fn lose_overdue_calls(&mut self) {
        while let Some((call, at)) = self.next_overdue_call()
            && at <= self.now
        {
            self.lose_call(call, LossReason::TimeLimit);
        }
    }

    /// Gives up the calls of a server that is not to have them. Their tasks are tried again
    /// elsewhere at once: it was not they that ended them.
    pub(in crate::plan) fn give_up_calls(&mut self, server: ServerId) {
        for call in self.calls.on_server(server).to_vec() {
            let Some(given_up) = self.cancel_call(call) else {
                continue;
            };
            self.actions.push_back(Action::CancelCall { call, server });
            let task = given_up.task;
            if self.tasks.get(task).is_none_or(Task::waits) || self.has_awaited_call(task) {
                self.update_hedging(task);
                continue;
            }
            let suspicion = self.suspects.suspicion(task);
            let decision = self.retries.retry(false, suspicion);
            self.requeue(task, decision);
        }
    }

    /// Loses the calls on a server that started before `time`.
    pub(in crate::plan) fn lose_calls_before(&mut self, server: ServerId, time: Duration) {
        for call in self.calls.on_server(server).to_vec() {
            if self.calls.get(call).is_some_and(|call| call.started < time) {
                self.lose_call(call, LossReason::ServerRestarted);
            }
        }
    }

    /// Doubts the calls on a server that no longer responds. Their tasks are
    /// tried elsewhere.
    pub(in crate::plan) fn doubt_calls(&mut self, server: ServerId) {
        for call in self.calls.on_server(server).to_vec() {
            let Some(task) = self.calls.doubt(call) else {
                continue;
            };
            self.hedging.set_candidate(call, false);
            self.tasks.avoid(task, server, false);
            if !self.has_awaited_call(task) {
                let suspicion = self.suspects.suspicion(task);
                let decision = self.retries.retry(true, suspicion);
                self.requeue(task, decision);
            }
            self.update_hedging(task);
        }
    }

    /// Awaits the doubted calls of a server that is the instance it was. Their
    /// tasks need no other call.
    pub(in crate::plan) fn trust_calls(&mut self, server: ServerId) {
        for call in self.calls.on_server(server).to_vec() {
            if let Some(task) = self.calls.trust(call) {
                self.tasks.dequeue(task);
                self.update_hedging(task);
            }
        }
    }
}
