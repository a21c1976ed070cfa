//! The start of tasks that run in isolation.

use crate::ids::{ServerId, TaskId};
use crate::plan::Plan;
use crate::plan::action::TaskFailure;
use crate::plan::calls::{CallKind, CallState};
use crate::plan::suspects::Suspicion;

impl Plan {
    /// Starts a suspect, and what can start by the end of one.
    pub(in crate::plan) fn start_suspects(&mut self) {
        loop {
            let (held, open) = (self.isolation.held(), self.tasks.open());
            self.start_isolated();
            // A server that was held takes other tasks again. If a suspect was the oldest open
            // task, a full window lets the next one begin.
            let is_released = held.is_some() && held != self.isolation.held();
            let has_ended = self.tasks.open() < open;
            if (is_released || has_ended) && !self.draining {
                self.place_calls();
            }
            if !has_ended || self.draining {
                return;
            }
        }
    }

    /// Starts a suspect that may run in isolation, or holds a server for it.
    fn start_isolated(&mut self) {
        let is_suspect = |&task: &TaskId| self.suspects.suspicion(task) == Suspicion::Suspect;
        let suspects: Vec<TaskId> = self.tasks.isolated().filter(is_suspect).collect();
        let suspect = suspects
            .into_iter()
            .find(|&task| !self.may_be_about_to_break(task));
        let Some(task) = suspect else {
            self.hold(None);
            self.isolation.end_wait();
            return self.isolation.reset();
        };
        if self.may_start() + self.calls.awaited() > 0 {
            self.isolation.reset();
            if self.isolation.waits_for_long(self.now) {
                self.start_on_held(task);
            }
            return;
        }
        self.hold(None);
        if self.has_final_fault(task) && !self.any_can_run(|server| self.may_run(task, server)) {
            return self.fail_task(task, TaskFailure::Permanent);
        }
        let failed_by = self.servers_that_failed(task);
        let is_free = |server| {
            self.may_run(task, server)
                && self.runs_no_other(server, task)
                && self.is_known_alive(task, server)
        };
        let is_proven = |server| self.standing.is_proven(server);
        let picked = self.placement.pick_isolated(is_free, &failed_by, is_proven);
        let Some(server) = picked else {
            return self.isolation.reset();
        };
        if failed_by.contains(&server) {
            // A server that no longer responds may seem to be one that can.
            let any_other = self.any_can_run(|server| !failed_by.contains(&server));
            if any_other && !self.isolation.waits_for_long(self.now) {
                return self.isolation.reset();
            }
            // Nobody else can say more than the fault that it has.
            if self.has_credible_fault(task) {
                return self.fail_task(task, TaskFailure::Permanent);
            }
        }
        if self.isolation.may_start(self.input_closed, self.now) {
            self.run_isolated(task, server);
        }
    }

    /// Holds a server for a suspect, and starts it there once nothing else runs. One
    /// that has failed it is held if no other is up.
    fn start_on_held(&mut self, task: TaskId) {
        let failed_by = self.servers_that_failed(task);
        let is_proven = |server| self.standing.is_proven(server);
        let is_up = |&server: &ServerId| self.placement.is_up(server);
        let before = self.isolation.held().filter(is_up);
        let is_other = |server: ServerId| !failed_by.contains(&server);
        let other = before
            .filter(|&server| is_other(server))
            .or_else(|| self.placement.pick_to_hold(is_other, is_proven));
        if other.is_none() && self.has_credible_fault(task) {
            self.hold(None);
            return self.fail_task(task, TaskFailure::Permanent);
        }
        let may_run = |server| self.may_run(task, server);
        let held = other
            .or(before.filter(|&server| may_run(server)))
            .or_else(|| self.placement.pick_to_hold(may_run, is_proven));
        self.hold(held);
        if let Some(server) = held
            && self.placement.is_unused(server)
        {
            self.hold(None);
            self.run_isolated(task, server);
        }
    }

    /// Returns whether a call of the task is on a server that has just been found dead.
    fn may_be_about_to_break(&mut self, task: TaskId) -> bool {
        let calls = self.tasks.get(task).map_or(&[][..], |task| task.calls());
        let calls = calls.iter().filter_map(|&call| self.calls.get(call));
        let doubted = calls.filter(|call| call.state == CallState::Doubted);
        let died_at = doubted.filter_map(|call| self.health.died_at(call.assignment.server));
        let last = died_at.max();
        last.is_some_and(|at| self.isolation.waits_for_break(at, self.now))
    }

    fn run_isolated(&mut self, task: TaskId, server: ServerId) {
        self.isolation.end_wait();
        self.tasks.dequeue(task);
        self.start_call(task, server, CallKind::Isolated);
    }

    /// Holds this server, and releases the one that was held.
    fn hold(&mut self, server: Option<ServerId>) {
        let before = self.isolation.held();
        if before == server {
            return;
        }
        if let Some(before) = before {
            self.placement.hold(before, false);
        }
        if let Some(server) = server {
            self.placement.hold(server, true);
        }
        self.isolation.set_held(server);
    }

    /// Returns whether the server runs no call that is wanted, of any other task.
    fn runs_no_other(&self, server: ServerId, task: TaskId) -> bool {
        let mut calls = self.calls.on_server(server).iter();
        calls.all(|&call| self.calls.get(call).is_none_or(|call| call.task == task))
    }

    /// Returns whether a server that reports its status has done so since the last one died of the
    /// task. All of them may go at once, and a call that meets that says nothing of its task.
    fn is_known_alive(&self, task: TaskId, server: ServerId) -> bool {
        let last = self.suspects.last_death_at(task);
        !self.reports_status(server)
            || last.is_none_or(|last| self.heartbeat.has_reported_since(server, last))
    }

    /// Returns the servers that have died of the task or have a case with it.
    fn servers_that_failed(&self, task: TaskId) -> Vec<ServerId> {
        let cases = self.cases.of(task).iter().map(|case| case.server);
        let died = self.suspects.deaths(task).iter().copied();
        died.chain(cases).collect()
    }

    /// Returns whether a suspect may run on the server: it has given no fault that is
    /// final.
    fn may_run(&self, task: TaskId, server: ServerId) -> bool {
        !self.has_final_fault_by(task, |by| by == server)
    }

    /// Returns whether a server has given the suspect a fault that is not tried again, and
    /// is not suspected itself.
    fn has_credible_fault(&self, task: TaskId) -> bool {
        self.has_final_fault_by(task, |by| !self.standing.is_suspected(by))
    }

    /// Returns whether a server can come on which a task `may` run.
    fn any_can_run(&self, may: impl Fn(ServerId) -> bool) -> bool {
        let mut servers = self.health.servers();
        servers.any(|server| self.can_come(server) && may(server))
    }
}
