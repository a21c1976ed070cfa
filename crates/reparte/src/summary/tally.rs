//! The counting of a run's events and the plan's actions in its summary.

use std::sync::Arc;
use std::time::Duration;

use crate::error::call::{CallError, ErrorKind};
use crate::ids::ServerId;
use crate::plan::action::{Action, AsideReason, CallReason, Hedges, RunEnd, TaskFailure};
use crate::summary::server::{ServerState, ServerSummary};
use crate::summary::{RunSummary, Waiting};

impl RunSummary {
    /// Counts a call that has returned.
    pub(crate) fn count_return(&mut self, server: ServerId, now: Duration) {
        self.edit(server, |server| {
            server.advance(now);
            server.running = server.running.saturating_sub(1);
        });
    }

    /// Counts a call that a worker has begun, or taken over from another one.
    pub(crate) fn count_begin(
        &mut self,
        worker: ServerId,
        before: Option<ServerId>,
        now: Duration,
    ) {
        if let Some(before) = before {
            self.count_return(before, now);
        }
        self.edit(worker, |worker| {
            worker.advance(now);
            worker.running += 1;
            worker.executions += 1;
        });
    }

    /// Counts an execution of a call of a host that another worker has begun before.
    pub(crate) fn count_execution_again(&mut self, host: ServerId) {
        self.executions += 1;
        self.edit(host, |host| host.executions += 1);
    }

    /// Records the error of a status request.
    pub(crate) fn record_status_error(&mut self, server: ServerId, error: &CallError) {
        self.edit(server, |server| server.last_error = Some(error.clone()));
    }

    /// Counts a task whose result is in the journal.
    pub(crate) fn count_resumed(&mut self) {
        self.tasks += 1;
        self.done += 1;
        self.resumed += 1;
    }

    /// Records that the caller removes a server.
    pub(crate) fn record_removal(&mut self, server: ServerId) {
        self.edit(server, |server| server.removed = true);
    }

    /// Counts a failed call.
    pub(crate) fn count_failure(&mut self, server: ServerId, error: &CallError) {
        let Some(server) = self.servers.get_mut(server.index()) else {
            return;
        };
        let kind = error.kind();
        *server.failures.entry(kind.name()).or_default() += 1;
        if !kind.may_have_run() {
            server.executions = server.executions.saturating_sub(1);
            self.executions = self.executions.saturating_sub(1);
        }
        match kind {
            ErrorKind::Unsendable | ErrorKind::Unchecked | ErrorKind::GivenUp => {}
            ErrorKind::Fault { .. } => server.last_fault = Some(error.clone()),
            _ => {
                server.last_error = Some(error.clone());
                server.last_fault = None;
            }
        }
    }

    /// Counts a call that its host has taken back. One that no worker has begun is no execution.
    pub(crate) fn count_taken_back(&mut self, host: ServerId, has_begun: bool) {
        if !has_begun {
            self.executions = self.executions.saturating_sub(1);
            self.edit(host, |host| {
                host.executions = host.executions.saturating_sub(1)
            });
        }
    }

    /// Counts an action of the plan.
    pub(crate) fn count_action(&mut self, action: &Action, now: Duration) {
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
                self.count_hedges(hedges);
                self.edit(server, |server| server.tasks += 1);
            }
            Action::FailTask { reason, hedges, .. } => {
                self.failed += 1;
                self.cancelled += u64::from(reason == TaskFailure::Cancelled);
                self.count_hedges(hedges);
            }
            Action::SetAside { server, reason, .. } => self.edit(server, |server| {
                server.advance(now);
                server.alias_of = None;
                if matches!(reason, AsideReason::Died | AsideReason::Hung) {
                    server.deaths += 1;
                    server.silences += u64::from(is_silence(reason, server.last_error.as_ref()));
                }
                server.state = match reason {
                    AsideReason::Busy => ServerState::Busy,
                    AsideReason::Suspected => ServerState::Suspected,
                    AsideReason::Refused => ServerState::Out,
                    AsideReason::Failing => ServerState::Failing,
                    AsideReason::Ended => ServerState::Ended,
                    AsideReason::StillDown if server.state == ServerState::Ended => server.state,
                    AsideReason::Died | AsideReason::Hung | AsideReason::StillDown => {
                        ServerState::Down
                    }
                };
                if reason == AsideReason::Suspected {
                    server.last_error = server.last_fault.take().or(server.last_error.take());
                }
            }),
            Action::TakeBack { server } | Action::UseReserve { server } => {
                self.edit(server, |server| {
                    server.advance(now);
                    server.set_up();
                })
            }
            Action::MarkOut { server } => self.edit(server, |server| {
                server.advance(now);
                server.alias_of = None;
                let error = server.last_error.as_ref();
                let wrong = error.is_some_and(|error| error.kind() == ErrorKind::Wrong);
                server.state = match server.removed {
                    true => ServerState::Removed,
                    false if wrong => ServerState::Quarantined,
                    false => ServerState::Out,
                };
            }),
            Action::SetEnding { server, is_ending } => self.edit(server, |server| {
                server.advance(now);
                server.is_ending = is_ending;
                if matches!(server.state, ServerState::Up | ServerState::Ending) {
                    server.set_up();
                }
            }),
            Action::SetAlias { server, of } => {
                let name = self.servers.get(of.index()).map(|of| Arc::clone(&of.name));
                self.edit(server, |server| {
                    server.advance(now);
                    server.alias_of = name;
                    server.state = ServerState::Alias;
                });
            }
            Action::SetSlots { server, slots } => self.edit(server, |server| {
                server.advance(now);
                server.slots = slots;
            }),
            Action::StartWaiting {
                cause,
                since,
                limit,
            } => {
                self.waiting = Some(Waiting {
                    cause,
                    since,
                    until: limit,
                });
            }
            Action::StopWaiting => self.waiting = None,
            Action::EndRun(end) => {
                self.advance(now);
                self.waiting = None;
                self.end = Some(end);
            }
            Action::CancelCall { .. }
            | Action::LoseCall { .. }
            | Action::ProbeServer { .. }
            | Action::AskAgain { .. }
            | Action::NoteInstances { .. } => {}
        }
    }

    fn count_hedges(&mut self, hedges: Hedges) {
        let won = u64::from(hedges.won);
        self.hedges_won += won;
        self.hedges_lost += u64::from(hedges.made).saturating_sub(won);
    }

    /// Sets the number of tasks without an answer: pending ones, or not run if the run has
    /// ended.
    pub(crate) fn set_open_tasks(&mut self, open: usize) {
        let open = open as u64;
        match self.end {
            None => self.pending = open,
            Some(
                RunEnd::Completed
                | RunEnd::Outage { .. }
                | RunEnd::NoServers
                | RunEnd::Drained
                | RunEnd::Halted
                | RunEnd::Abandoned
                | RunEnd::JournalFailed,
            ) => {
                self.pending = 0;
                self.not_run = open;
            }
        }
    }

    fn edit(&mut self, id: ServerId, change: impl FnOnce(&mut ServerSummary)) {
        self.servers.get_mut(id.index()).map(change);
    }
}

/// Returns true if a server that was set aside for this reason, after this error, said nothing.
fn is_silence(reason: AsideReason, error: Option<&CallError>) -> bool {
    let kind = error.map(CallError::kind);
    reason == AsideReason::Hung || matches!(kind, Some(ErrorKind::Unanswered | ErrorKind::TimedOut))
}
