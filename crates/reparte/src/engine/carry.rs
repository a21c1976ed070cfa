//! How each of the plan's actions is carried out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Engine, lock};
use crate::events::{CallReason, Event as Happening};
use crate::ids::ServerId;
use crate::plan::action::{self, Action, AsideReason, LossReason, TaskFailure};
use crate::slot::Job;
use crate::text::Foreign;
use crate::{Call, CallError, CallId, ErrorKind, TaskError, TaskErrorKind, TaskId};

impl<A, R> Engine<A, R>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    pub(super) fn carry_out(&mut self, action: Action, result: &mut Option<R>) {
        match action {
            Action::StartCall {
                task,
                call,
                server,
                reason,
            } => self.start(task, call, server, reason),
            Action::CancelCall { call, server } => self.cancel(call, server),
            Action::LoseCall {
                task,
                call,
                server,
                reason,
            } => {
                let error = loss(reason);
                log::info!("{}: task {task}: {error}", self.name(server));
                self.remember(task, server, &error);
                lock(&self.summary).call_failed(server, &error);
                self.cancel(call, server);
                let server = Arc::clone(&self.crews[server.index()].name);
                let started = self.started;
                self.observe(|| Happening::CallLost {
                    at: started.elapsed(),
                    task,
                    call,
                    server: Arc::clone(&server),
                    error: error.clone(),
                });
            }
            Action::ProbeServer { server } => self.crews[server.index()].ask(),
            Action::DeliverResult { task, server, .. } => {
                self.tasks.remove(&task);
                let result = result.take().expect("a delivery follows its call's result");
                self.hand_over(task, Ok(result));
                let server = Arc::clone(&self.crews[server.index()].name);
                self.observe(|| Happening::TaskDone {
                    task,
                    server: Arc::clone(&server),
                });
            }
            Action::FailTask { task, reason, .. } => {
                let kind = match reason {
                    TaskFailure::Answered => TaskErrorKind::Permanent,
                    TaskFailure::GivenUp => TaskErrorKind::GivenUp,
                    TaskFailure::Poison => TaskErrorKind::Poison,
                    TaskFailure::Cancelled => TaskErrorKind::Cancelled,
                };
                self.fail(task, kind);
            }
            Action::SetAside {
                server,
                until,
                reason,
            } => self.note_aside(server, until, reason),
            Action::TakeBack { server } => {
                log::info!("{}: answers, and is in use again", self.name(server));
                let server = Arc::clone(&self.crews[server.index()].name);
                self.observe(|| Happening::ServerTakenBack {
                    server: Arc::clone(&server),
                });
            }
            Action::UseReserve { server } => {
                log::warn!("{}: no server is left, so it is used", self.name(server));
                let server = Arc::clone(&self.crews[server.index()].name);
                self.observe(|| Happening::ReserveInUse {
                    server: Arc::clone(&server),
                });
            }
            Action::MarkOut { server } => {
                match self.last_error(server) {
                    Some(error) => log::warn!("{}: out for good: {error}", self.name(server)),
                    None => log::info!("{}: gets no more calls", self.name(server)),
                }
                let state = lock(&self.summary).servers[server.index()].state;
                let server = Arc::clone(&self.crews[server.index()].name);
                self.observe(|| Happening::ServerOut {
                    server: Arc::clone(&server),
                    state,
                });
            }
            Action::SetSlots { server, slots } => {
                log::debug!("{}: takes {slots} calls at a time", self.name(server));
            }
            Action::EndRun(end) => log::debug!("run over: {end:?}"),
        }
    }

    fn start(&mut self, task: TaskId, call: CallId, server: ServerId, reason: action::CallReason) {
        let Some(at_work) = self.tasks.get_mut(&task) else {
            return;
        };
        at_work.calls = at_work.calls.saturating_add(1);
        let deadline = self
            .time_limit
            .and_then(|limit| Instant::now().checked_add(limit));
        let mut call = Call::new(call);
        call.deadline = deadline;
        let id = call.id;
        self.calls.insert(id, call.clone());
        let job = Job {
            task,
            call,
            args: Arc::clone(&at_work.args),
        };
        let crew = &mut self.crews[server.index()];
        crew.start(job);
        let server = Arc::clone(&crew.name);
        let started = self.started;
        self.observe(|| Happening::CallStarted {
            at: started.elapsed(),
            task,
            call: id,
            server: Arc::clone(&server),
            reason: match reason {
                action::CallReason::First => CallReason::First,
                action::CallReason::Retry => CallReason::Retry,
                action::CallReason::Hedge => CallReason::Hedge,
            },
        });
    }

    fn cancel(&self, call: CallId, server: ServerId) {
        if let Some(call) = self.calls.get(&call) {
            call.cancel();
        }
        let destino = &self.crews[server.index()].destino;
        if catch_unwind(AssertUnwindSafe(|| destino.cancel(call))).is_err() {
            log::warn!("{}: panicked in cancel", self.name(server));
        }
    }

    pub(super) fn fail(&mut self, task: TaskId, kind: TaskErrorKind) {
        if let Some(failed) = self.tasks.remove(&task) {
            let error = TaskError::new(task, kind, failed.calls, failed.history);
            self.hand_over(task, Err(error));
            self.observe(|| Happening::TaskFailed { task, kind });
        }
    }

    pub(super) fn hand_over(&self, task: TaskId, outcome: Result<R, TaskError>) {
        // Without a receiver nobody wants it; `close` tells of that.
        let _ = self.outcomes.send((task, outcome));
    }

    pub(super) fn name(&self, server: ServerId) -> Foreign<'_> {
        Foreign(&self.crews[server.index()].name)
    }

    fn last_error(&self, server: ServerId) -> Option<String> {
        let summary = lock(&self.summary);
        let error = summary.servers[server.index()].last_error.as_ref();
        error.map(ToString::to_string)
    }

    fn note_aside(&mut self, server: ServerId, until: Duration, reason: AsideReason) {
        let level = match reason {
            AsideReason::Died | AsideReason::Hung | AsideReason::Quarantined => log::Level::Warn,
            AsideReason::Busy => log::Level::Info,
            AsideReason::StillDown => log::Level::Debug,
        };
        let wait = until.saturating_sub(self.started.elapsed());
        if log::log_enabled!(level) {
            let what = match reason {
                AsideReason::Hung => "hangs, put aside",
                AsideReason::Quarantined => {
                    "fails all of its calls at once, put aside for a minute"
                }
                AsideReason::Died | AsideReason::StillDown | AsideReason::Busy => "put aside",
            };
            match self.last_error(server) {
                Some(error) => log::log!(level, "{}: {what}: {error}", self.name(server)),
                None => log::log!(level, "{}: {what}: it says nothing", self.name(server)),
            }
            log::debug!("{}: tried again in {wait:.0?}", self.name(server));
        }
        let state = lock(&self.summary).servers[server.index()].state;
        let server = Arc::clone(&self.crews[server.index()].name);
        self.observe(|| Happening::ServerSetAside {
            server: Arc::clone(&server),
            wait,
            state,
        });
    }
}

/// The error of a call that is taken for lost.
fn loss(reason: LossReason) -> CallError {
    match reason {
        LossReason::TimeLimit => {
            CallError::new(ErrorKind::TimedOut, "it took longer than a call may")
        }
        LossReason::ServerRestarted => {
            CallError::new(ErrorKind::Interrupted, "the server was started anew")
        }
    }
}
