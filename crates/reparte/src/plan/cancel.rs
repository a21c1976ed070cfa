//! Tasks that nobody wants any more, servers that come and go.

use super::event::Site;
use super::{Action, End, Failure, Plan};
use crate::TaskId;
use crate::ids::ServerId;

impl Plan {
    pub(super) fn cancelled(&mut self, task: TaskId) {
        if self.tasks.get(task).is_some() {
            self.fail(task, Failure::Cancelled);
        }
    }

    pub(super) fn joined(&mut self, site: Site) {
        self.servers.join(site, self.now);
    }

    pub(super) fn left(&mut self, server: ServerId) {
        self.put_out(server);
    }

    /// Ends the run before its tasks have.
    pub(super) fn break_off(&mut self, end: End) {
        if !self.ended {
            self.end(end);
        }
    }

    /// Ends the run. What is still in flight is cancelled.
    pub(super) fn end(&mut self, end: End) {
        self.ended = true;
        for (call, _) in self.calls.wanted() {
            self.drain(call);
        }
        self.actions.push_back(Action::End(end));
    }
}
