//! Tasks that nobody wants any more, servers that come and go.

use super::Plan;
use crate::TaskId;
use crate::ids::ServerId;
use crate::plan::action::{Action, RunEnd, TaskFailure};
use crate::plan::event::ServerConfig;

impl Plan {
    pub(super) fn cancelled(&mut self, task: TaskId) {
        if self.tasks.get(task).is_some() {
            self.fail(task, TaskFailure::Cancelled);
        }
    }

    pub(super) fn joined(&mut self, site: ServerConfig) {
        self.servers.join(site, self.now);
    }

    pub(super) fn left(&mut self, server: ServerId) {
        self.put_out(server);
    }

    /// Ends the run before its tasks have.
    pub(super) fn break_off(&mut self, end: RunEnd) {
        if !self.ended {
            self.end(end);
        }
    }

    /// Ends the run. What is still in flight is cancelled.
    pub(super) fn end(&mut self, end: RunEnd) {
        self.ended = true;
        for (call, _) in self.calls.wanted() {
            self.drain(call);
        }
        self.actions.push_back(Action::EndRun(end));
    }
}
