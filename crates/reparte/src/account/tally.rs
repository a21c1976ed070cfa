//! How the account is kept: from what the plan is told and asks for.

use crate::ids::ServerId;
use crate::plan::{Action, Aside, End};
use crate::{Account, CallError, ErrorKind, ServerState};

impl Account {
    /// A call has failed.
    pub(crate) fn call_failed(&mut self, server: ServerId, error: &CallError) {
        let Some(server) = self.servers.get_mut(server.index()) else {
            return;
        };
        let kind = error.kind();
        *server.failures.entry(kind.name()).or_default() += 1;
        if !kind.may_have_run() {
            server.executions = server.executions.saturating_sub(1);
            self.executions = self.executions.saturating_sub(1);
        }
        if !matches!(kind, ErrorKind::Fault { .. } | ErrorKind::Unsendable) {
            server.last_error = Some(error.clone());
        }
    }

    /// The plan has asked for this.
    pub(crate) fn note(&mut self, action: &Action) {
        match *action {
            Action::Start { server, retry, .. } => {
                self.executions += 1;
                self.retries += u64::from(retry);
                self.edit(server, |server| server.executions += 1);
            }
            Action::Deliver { server, .. } => {
                self.done += 1;
                self.edit(server, |server| server.tasks += 1);
            }
            Action::Fail { .. } => self.failed += 1,
            Action::SetAside { server, why, .. } => self.edit(server, |server| {
                server.deaths += u64::from(why == Aside::Died);
                server.state = match why {
                    Aside::Busy => ServerState::Busy,
                    Aside::Died | Aside::StillDown => ServerState::Down,
                };
            }),
            Action::TakeBack { server } => {
                self.edit(server, |server| server.state = ServerState::Up);
            }
            Action::PutOut { server } => {
                self.edit(server, |server| server.state = ServerState::Out);
            }
            Action::End(end) => self.end = Some(end),
            Action::Cancel { .. } => {}
        }
    }

    /// Balances the account: `open` tasks have no answer.
    pub(crate) fn settle(&mut self, open: usize) {
        let open = open as u64;
        match self.end {
            None => self.pending = open,
            Some(End::Completed | End::Outage { .. } | End::NoServers | End::Abandoned) => {
                self.pending = 0;
                self.not_run = open;
            }
        }
        let known = self.done + self.failed + self.pending + self.not_run;
        self.lost = self.tasks.saturating_sub(known);
    }

    fn edit(&mut self, id: ServerId, change: impl FnOnce(&mut crate::ServerAccount)) {
        self.servers.get_mut(id.index()).map(change);
    }
}
