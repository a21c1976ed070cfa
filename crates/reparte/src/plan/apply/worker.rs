//! The changes of workers: the begin of a call, its trial, its loss, their departure.

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::{CallId, ServerId, TaskId};
use crate::plan::Plan;
use crate::plan::calls::{Assignment, CallKind, CallState, InFlight};
use crate::plan::failures::{self, ServerVerdict};
use crate::plan::health::State;

impl Plan {
    /// Records that a worker has been at work on a call for this long. One that had it before has
    /// lost it.
    pub(in crate::plan) fn call_began(
        &mut self,
        call: CallId,
        worker: ServerId,
        at_work: Duration,
    ) {
        let Some(before) = self.calls.get(call).copied() else {
            return;
        };
        let is_here = self.health.role(worker).host() == Some(before.assignment.server);
        if !is_here || before.worker.is_some_and(|known| known.server == worker) {
            return;
        }
        let began = self.now.saturating_sub(at_work).max(before.started);
        let own_trial = before.trial.filter(|trial| trial.server == worker);
        let assignment = own_trial.unwrap_or_else(|| {
            self.end_trial(before.trial);
            Assignment {
                server: worker,
                health_at_start: self.health.at_start(worker),
            }
        });
        self.calls.begin(call, assignment, began);
        if before.state == CallState::Cancelled {
            return;
        }
        if before.worker.is_some() {
            self.end_trial(before.worker);
            self.worker_died(&before);
        }
        self.update_hedging(before.task);
    }

    /// Records that a worker was lost while it was at work on a call, which another one is to have.
    pub(in crate::plan) fn worker_lost(&mut self, call: CallId, worker: ServerId) {
        self.call_began(call, worker, Duration::ZERO);
        let has_it = |call: &&InFlight| call.worker.is_some_and(|of| of.server == worker);
        if self.calls.get(call).filter(has_it).is_none() {
            return;
        }
        let Some(lost) = self.calls.lose_worker(call) else {
            return;
        };
        self.end_trial(lost.worker);
        if lost.state != CallState::Cancelled {
            self.worker_died(&lost);
            self.update_hedging(lost.task);
        }
    }

    /// Records that a worker can't do the task of a call: it is not waited for, if others fail that.
    pub(in crate::plan) fn worker_unfit(&mut self, call: CallId, worker: ServerId) {
        let task = self.calls.get(call).map(|call| call.task);
        if let Some(task) = task.and_then(|task| self.tasks.get_mut(task)) {
            task.note_unfit(worker);
        }
    }

    /// Sets a worker aside that has lost a call, whose task avoids it from now on.
    fn worker_died(&mut self, lost: &InFlight) {
        self.tasks.avoid(lost.task, lost.by().server, false);
        let died = ServerVerdict::Failed(failures::server_failure(ErrorKind::Interrupted));
        self.apply_to_server(lost, died);
    }

    /// Has a call that starts on a host be the trial of a worker, if one is due that the task
    /// does not avoid. Where no worker is up, it may have failed the task.
    pub(in crate::plan) fn take_trial(
        &mut self,
        task: TaskId,
        host: ServerId,
        kind: CallKind,
    ) -> Option<Assignment> {
        let workers = self.placement.workers(host);
        if workers.is_empty() || kind == CallKind::Hedge {
            return None;
        }
        let avoid = self.tasks.get(task)?.avoid();
        let due = || {
            let workers = workers.iter().copied();
            workers.filter(|&worker| self.placement.is_trial_due(worker))
        };
        let any_up = workers.iter().any(|&worker| self.placement.works(worker));
        let server = due()
            .find(|&worker| !avoid.contains(worker))
            .or_else(|| due().find(|&worker| !any_up && !avoid.is_strictly(worker)))?;
        let health_at_start = self.health.call_started(server);
        self.update_placement(server);
        Some(Assignment {
            server,
            health_at_start,
        })
    }

    /// Ends the trial of a worker, of which nothing is known yet.
    pub(in crate::plan) fn end_trial(&mut self, trial: Option<Assignment>) {
        if let Some(Assignment {
            server,
            health_at_start,
        }) = trial
        {
            self.health.call_returned(server, health_at_start);
            self.update_placement(server);
        }
    }

    /// Records that the host of a worker answers, if it was set aside.
    pub(in crate::plan) fn host_answers(&mut self, call: &InFlight) {
        let host = call.assignment.server;
        if call.worker.is_some() {
            self.heartbeat.call_answered(host, self.now);
            if self.health.call_answered(host) {
                self.take_back(host, call.id);
            }
        }
    }

    /// Forgets a worker that is no longer there.
    pub(in crate::plan) fn remove_worker(&mut self, worker: ServerId) {
        if self.health.state(worker) != State::Out {
            self.mark_out(worker);
        }
        self.health.remove_worker(worker);
        self.placement.remove_worker(worker);
        self.recheck = true;
    }
}
