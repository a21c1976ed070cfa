//! The start of tasks that run in isolation.

use crate::ids::{ServerId, TaskId};
use crate::plan::Plan;
use crate::plan::action::TaskFailure;
use crate::plan::calls::CallKind;
use crate::plan::suspects::Suspicion;

impl Plan {
    /// Starts a suspect that may run in isolation, or holds a server for it.
    pub(in crate::plan) fn start_isolated(&mut self) {
        let is_suspect = |&task: &TaskId| self.suspects.suspicion(task) == Suspicion::Suspect;
        let suspect = self.tasks.isolated().find(is_suspect);
        let Some(task) = suspect else {
            self.hold(None);
            self.isolation.end_wait();
            return self.isolation.reset();
        };
        if self.tasks.waiting() + self.calls.awaited() > 0 {
            self.isolation.reset();
            if self.isolation.waits_for_long(self.now) {
                self.start_on_held(task);
            }
            return;
        }
        self.hold(None);
        let failed_by = self.servers_that_failed(task);
        let is_proven = |server| self.standing.is_proven(server);
        let picked = self.placement.pick_isolated(&failed_by, is_proven);
        let Some(server) = picked else {
            return self.isolation.reset();
        };
        if failed_by.contains(&server) {
            // A server that no longer responds may seem to be one that can.
            if self.any_other_can_run(&failed_by) && !self.isolation.waits_for_long(self.now) {
                return self.isolation.reset();
            }
            // Nobody else can say more than the fault that it has.
            if self.has_final_fault(task) {
                return self.fail_task(task, TaskFailure::Permanent);
            }
        }
        if self.isolation.may_start(self.input_closed, self.now) {
            self.run_isolated(task, server);
        }
    }

    /// Holds a server for a suspect, and starts it there once nothing else runs.
    fn start_on_held(&mut self, task: TaskId) {
        let failed_by = self.servers_that_failed(task);
        let may = |&server: &ServerId| self.placement.is_up(server) && !failed_by.contains(&server);
        let held = self.isolation.held().filter(may).or_else(|| {
            let is_proven = |server| self.standing.is_proven(server);
            self.placement.pick_to_hold(&failed_by, is_proven)
        });
        self.hold(held);
        if let Some(server) = held
            && self.placement.is_unused(server)
        {
            self.hold(None);
            self.run_isolated(task, server);
        }
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

    /// Returns the servers that have died of the task or have a case with it.
    fn servers_that_failed(&self, task: TaskId) -> Vec<ServerId> {
        let cases = self.cases.of(task).iter().map(|case| case.server);
        let died = self.suspects.deaths(task).iter().copied();
        died.chain(cases).collect()
    }

    /// Returns whether a server can come that is none of these, nor suspected.
    fn any_other_can_run(&self, failed_by: &[ServerId]) -> bool {
        self.health.servers().any(|server| {
            self.health.is_expected(server)
                && !failed_by.contains(&server)
                && !self.standing.is_suspected(server)
        })
    }
}
