//! The start of tasks that run in isolation.

use crate::ids::{ServerId, TaskId};
use crate::plan::Plan;
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
        let died = self.suspects.deaths(task);
        let picked = self
            .placement
            .pick_isolated(died, |s| self.standing.is_proven(s));
        let Some(server) = picked else {
            return self.isolation.reset();
        };
        if died.contains(&server) && self.any_other_can_come_alive(task) {
            return self.isolation.reset();
        }
        if self.isolation.may_start(self.input_closed, self.now) {
            self.run_isolated(task, server);
        }
    }

    /// Holds a server for a suspect, and starts it there once nothing else runs.
    fn start_on_held(&mut self, task: TaskId) {
        let died = self.suspects.deaths(task);
        let may = |&server: &ServerId| self.placement.is_up(server) && !died.contains(&server);
        let held = self.isolation.held().filter(may).or_else(|| {
            let is_proven = |server| self.standing.is_proven(server);
            self.placement.pick_to_hold(died, is_proven)
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
        self.suspects.run_isolated(task);
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

    /// Returns whether a server can come that has not died of the task.
    fn any_other_can_come_alive(&self, task: TaskId) -> bool {
        let died = self.suspects.deaths(task);
        self.health.servers().any(|server| {
            self.health.is_expected(server)
                && !died.contains(&server)
                && !self.standing.is_suspected(server)
        })
    }
}
