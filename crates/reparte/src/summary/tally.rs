//! How the summary is kept: from what the plan is told and asks for.

use std::time::Duration;

use crate::ids::ServerId;
use crate::plan::action::{Action, AsideReason, CallReason, Hedges, RunEnd};
use crate::{CallError, ErrorKind, RunSummary, ServerState};

impl RunSummary {
    /// A call has returned.
    pub(crate) fn call_ended(&mut self, server: ServerId, now: Duration) {
        self.edit(server, |server| {
            server.advance(now);
            server.running = server.running.saturating_sub(1);
        });
    }

    /// A server could not be asked how it is.
    pub(crate) fn status_failed(&mut self, server: ServerId, error: &CallError) {
        self.edit(server, |server| server.last_error = Some(error.clone()));
    }

    /// A task was sent whose result is in the journal.
    pub(crate) fn resumed(&mut self) {
        self.tasks += 1;
        self.done += 1;
        self.resumed += 1;
    }

    /// A server is taken out of the run.
    pub(crate) fn leaves(&mut self, server: ServerId) {
        self.edit(server, |server| server.leaves = true);
    }

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
    pub(crate) fn note(&mut self, action: &Action, now: Duration) {
        match *action {
            Action::StartCall { server, reason, .. } => {
                self.executions += 1;
                self.retries += u64::from(reason == CallReason::Retry);
                self.hedges += u64::from(reason == CallReason::Hedge);
                self.edit(server, |server| {
                    server.advance(now);
                    server.running += 1;
                    server.executions += 1;
                });
            }
            Action::DeliverResult { server, hedges, .. } => {
                self.done += 1;
                self.note_hedges(hedges);
                self.edit(server, |server| server.tasks += 1);
            }
            Action::FailTask { hedges, .. } => {
                self.failed += 1;
                self.note_hedges(hedges);
            }
            Action::SetAside { server, reason, .. } => self.edit(server, |server| {
                server.advance(now);
                server.deaths += u64::from(matches!(reason, AsideReason::Died | AsideReason::Hung));
                server.state = match reason {
                    AsideReason::Busy => ServerState::Busy,
                    AsideReason::Quarantined => ServerState::Quarantined,
                    AsideReason::Died | AsideReason::Hung | AsideReason::StillDown => {
                        ServerState::Down
                    }
                };
            }),
            Action::TakeBack { server } | Action::UseReserve { server } => {
                self.edit(server, |server| {
                    server.advance(now);
                    server.state = ServerState::Up;
                })
            }
            Action::MarkOut { server } => self.edit(server, |server| {
                server.advance(now);
                let error = server.last_error.as_ref();
                let wrong = error.is_some_and(|error| error.kind() == ErrorKind::Wrong);
                server.state = match server.leaves {
                    true => ServerState::Removed,
                    false if wrong => ServerState::Quarantined,
                    false => ServerState::Out,
                };
            }),
            Action::SetSlots { server, slots } => self.edit(server, |server| {
                server.advance(now);
                server.slots = slots;
            }),
            Action::EndRun(end) => {
                self.advance(now);
                self.end = Some(end);
            }
            Action::CancelCall { .. } | Action::LoseCall { .. } | Action::ProbeServer { .. } => {}
        }
    }

    fn note_hedges(&mut self, hedges: Hedges) {
        let won = u64::from(hedges.won);
        self.hedges_won += won;
        self.hedges_lost += u64::from(hedges.made).saturating_sub(won);
    }

    /// Balances the summary: `open` tasks have no answer.
    pub(crate) fn settle(&mut self, open: usize) {
        let open = open as u64;
        match self.end {
            None => self.pending = open,
            Some(
                RunEnd::Completed
                | RunEnd::Outage { .. }
                | RunEnd::NoServers
                | RunEnd::Drained
                | RunEnd::Abandoned
                | RunEnd::JournalFailed,
            ) => {
                self.pending = 0;
                self.not_run = open;
            }
        }
    }

    fn edit(&mut self, id: ServerId, change: impl FnOnce(&mut crate::ServerSummary)) {
        self.servers.get_mut(id.index()).map(change);
    }
}
