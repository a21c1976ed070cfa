//! The carrying out of the plan's actions.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use untrusted_text::OneLine;

use crate::destino::Call;
use crate::engine::known_workers::CallInFlight;
use crate::engine::message::Message;
use crate::engine::run::Run;
use crate::engine::slot::Job;
use crate::error::call::{CallError, ErrorKind};
use crate::error::task::{TaskError, TaskErrorKind};
use crate::events::Event as RunEvent;
use crate::ids::{CallId, ServerId, TaskId};
use crate::outcome::EndedTask;
use crate::plan::action::{Action, AsideReason, CallReason, LossReason, TaskFailure, WaitCause};
use crate::summary::server::ServerState;

impl<A, R> Run<A, R>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    /// Carries out an action. The summary has counted it already. `result` is that of the
    /// call that has just returned, if it brought one.
    pub(super) fn carry_out(&mut self, action: Action, result: &mut Option<(R, usize)>) {
        match action {
            Action::StartCall {
                task,
                call,
                server,
                reason,
            } => self.start_call(task, call, server, reason),
            Action::CancelCall { call, server } => self.cancel_call(call, server),
            Action::LoseCall {
                task,
                call,
                server,
                reason,
            } => self.lose_call(task, call, server, reason),
            Action::ProbeServer { server } => self.servers[server.index()].request_status(),
            Action::DeliverResult { task, server, .. } => {
                self.tasks.remove(&task);
                let result = result.take();
                let (result, bytes) = result.expect("a delivery follows its call's result");
                self.send_outcome(task, Ok(result), bytes);
                let server = self.server_name(server);
                self.observe(|| RunEvent::TaskDone { task, server });
            }
            Action::FailTask { task, reason, .. } => {
                let kind = match reason {
                    TaskFailure::Permanent => TaskErrorKind::Permanent,
                    TaskFailure::GivenUp => TaskErrorKind::GivenUp,
                    TaskFailure::Poison => TaskErrorKind::Poison,
                    TaskFailure::Cancelled => TaskErrorKind::Cancelled,
                };
                self.fail_task(task, kind);
            }
            Action::SetAside {
                server,
                until,
                reason,
            } => self.set_aside(server, until, reason),
            Action::AskAgain { server } => {
                log::debug!("{}: is asked once more", self.shown_name(server));
            }
            Action::TakeBack { server } => {
                self.servers[server.index()].aside = None;
                log::info!("{}: answers, and is in use again", self.shown_name(server));
                let server = self.server_name(server);
                self.observe(|| RunEvent::ServerTakenBack { server });
            }
            Action::UseReserve { server } => {
                let name = self.shown_name(server);
                log::warn!("{name}: no server is left, so it is used");
                let server = self.server_name(server);
                self.observe(|| RunEvent::ReserveInUse { server });
            }
            Action::MarkOut { server } => self.mark_out(server),
            Action::SetSlots { server, slots } => {
                log::debug!("{}: takes {slots} calls at a time", self.shown_name(server));
            }
            Action::NoteInstances { server } => {
                let name = self.shown_name(server);
                log::warn!(
                    "{name}: several servers answer at this address: list each by its own, so \
                     that a failure is blamed on the right one"
                );
                let server = self.server_name(server);
                self.observe(|| RunEvent::SeveralInstances { server });
            }
            Action::SetEnding { server, is_ending } => self.set_ending(server, is_ending),
            Action::SetAlias { server, of } => self.set_alias(server, of),
            Action::StartWaiting { cause, limit, .. } => self.start_waiting(cause, limit),
            Action::StopWaiting => {
                log::warn!("the wait is over");
                self.observe(|| RunEvent::WaitingEnded);
            }
            Action::EndRun(end) => log::debug!("run over: {end:?}"),
        }
    }

    fn start_call(&mut self, task: TaskId, id: CallId, server: ServerId, reason: CallReason) {
        let Some(running) = self.tasks.get_mut(&task) else {
            return;
        };
        running.calls = running.calls.saturating_add(1);
        let args = Arc::clone(&running.args);
        let mut call = Call::new(id).with_task(task);
        call.deadline = self
            .time_limit
            .and_then(|limit| Instant::now().checked_add(limit));
        if self.servers[server.index()].destino.has_workers() {
            let inbox = Arc::clone(&self.inbox);
            let listen = move |event| {
                // After the run's end, nobody wants it.
                let _ = inbox.send(Message::WorkerNoted { call: id, event });
            };
            call = call
                .with_avoided(self.avoided_names(id))
                .with_listener(listen);
        }
        let in_flight = CallInFlight {
            task,
            call: call.clone(),
            server,
            worker: None,
            has_begun: false,
        };
        self.calls.insert(id, in_flight);
        self.servers[server.index()].hand_over(Job { task, call, args });
        let (server, started_at) = (self.server_name(server), self.started_at);
        self.observe(|| RunEvent::CallStarted {
            at: started_at.elapsed(),
            task,
            call: id,
            server,
            reason,
        });
    }

    fn cancel_call(&self, id: CallId, server: ServerId) {
        // The mark comes first: `Destino::cancel` promises it to destinations.
        if let Some(call) = self.calls.get(&id) {
            call.call.cancel();
        }
        let destino = &self.servers[server.index()].destino;
        if catch_unwind(AssertUnwindSafe(|| destino.cancel(id))).is_err() {
            log::warn!("{}: panicked in cancel", self.shown_name(server));
        }
    }

    fn lose_call(&mut self, task: TaskId, call: CallId, server: ServerId, reason: LossReason) {
        let error = match reason {
            LossReason::TimeLimit => CallError::new(ErrorKind::TimedOut, self.limit_text()),
            LossReason::ServerRestarted => {
                CallError::new(ErrorKind::Interrupted, "the server was started anew")
            }
        };
        let worker = self.calls.get(&call).and_then(|call| call.worker);
        let by = match reason {
            LossReason::TimeLimit => worker.unwrap_or(server),
            LossReason::ServerRestarted => server,
        };
        log::info!("{}: task {task}: {error}", self.shown_name(by));
        self.record_failure(task, by, &error);
        self.summary.lock().count_failure(by, &error);
        self.cancel_call(call, server);
        let (server, started_at) = (self.server_name(server), self.started_at);
        self.observe(|| RunEvent::CallLost {
            at: started_at.elapsed(),
            task,
            call,
            server,
            error,
        });
    }

    /// Returns the text of a call that has exceeded a limit of this run.
    fn limit_text(&self) -> String {
        match self.time_limit {
            Some(limit) => format!(
                "no answer within this run's time limit of {} s",
                limit.as_secs_f64()
            ),
            None => "no answer within this run's time limit, a multiple of the median".to_owned(),
        }
    }

    /// Ends a task without a result.
    pub(super) fn fail_task(&mut self, task: TaskId, kind: TaskErrorKind) {
        if let Some(failed) = self.tasks.remove(&task) {
            let error = TaskError::new(task, kind, failed.calls, failed.history);
            self.send_outcome(task, Err(error), 0);
            self.observe(|| RunEvent::TaskFailed { task, kind });
        }
    }

    /// Sends a task's outcome to the caller, whose result has so many bytes.
    pub(super) fn send_outcome(&self, task: TaskId, outcome: Result<R, TaskError>, bytes: usize) {
        // Before the caller can give it.
        self.held.add(bytes);
        let ended = EndedTask {
            task,
            outcome,
            bytes,
        };
        // This fails if the caller's end is gone, and `Message::Abandon` is on its way then.
        let _ = self.outcomes.send(ended);
    }

    fn set_aside(&mut self, server: ServerId, until: Duration, reason: AsideReason) {
        let before = self.servers[server.index()].aside.replace(reason);
        let level = match reason {
            // Each failed trial has this reason again.
            AsideReason::Suspected | AsideReason::Failing | AsideReason::Refused
                if before == Some(reason) =>
            {
                log::Level::Debug
            }
            AsideReason::Died
            | AsideReason::Hung
            | AsideReason::Suspected
            | AsideReason::Failing
            | AsideReason::Refused => log::Level::Warn,
            AsideReason::Busy => log::Level::Info,
            AsideReason::StillDown => log::Level::Debug,
            AsideReason::Ended => log::Level::Info,
        };
        let wait = until.saturating_sub(self.started_at.elapsed());
        let (state, error) = self.state_and_error(server);
        if log::log_enabled!(level) {
            let name = self.shown_name(server);
            let what = aside_text(reason, error.as_ref().map(CallError::kind));
            match &error {
                Some(error) => log::log!(level, "{name}: {what}: {error}"),
                None => log::log!(level, "{name}: {what}"),
            }
            log::debug!("{name}: tried again in {wait:.0?}");
        }
        let server = self.server_name(server);
        self.observe(|| RunEvent::ServerSetAside {
            server,
            wait,
            state,
            error,
        });
    }

    fn set_ending(&mut self, server: ServerId, is_ending: bool) {
        let name = self.shown_name(server);
        match is_ending {
            true => log::info!(
                "{name}: gets no more calls: the median of them would not end in the time that \
                 it has left"
            ),
            false => log::info!("{name}: has enough time left for calls again"),
        }
        let server = self.server_name(server);
        self.observe(|| RunEvent::ServerTimeLeft {
            server,
            is_enough: !is_ending,
        });
    }

    fn set_alias(&mut self, server: ServerId, of: ServerId) {
        self.servers[server.index()].aside = None;
        let (name, other) = (self.shown_name(server), self.shown_name(of));
        log::warn!("{name}: is the same server as {other}, and is used under that name alone");
        let (server, of) = (self.server_name(server), self.server_name(of));
        self.observe(|| RunEvent::ServerAlias { server, of });
    }

    fn mark_out(&mut self, server: ServerId) {
        let name = self.shown_name(server);
        let (state, error) = self.state_and_error(server);
        match (&error, state) {
            (_, ServerState::Removed) | (None, _) => log::info!("{name}: gets no more calls"),
            (Some(error), ServerState::Quarantined) => {
                log::warn!("{name}: in quarantine, gets no more calls in this run: {error}");
            }
            (Some(error), _) => log::warn!("{name}: out, gets no more calls in this run: {error}"),
        }
        let server = self.server_name(server);
        self.observe(|| RunEvent::ServerOut {
            server,
            state,
            error,
        });
    }

    fn start_waiting(&mut self, cause: WaitCause, limit: Option<Duration>) {
        let now = self.started_at.elapsed();
        let limit = limit.map(|at| at.saturating_sub(now));
        let (why, ends) = {
            let summary = self.summary.lock();
            let ends = summary.waiting.and_then(|waiting| waiting.limit_text(now));
            (summary.wait_reason().unwrap_or_default(), ends)
        };
        let ends = ends.map_or_else(String::new, |ends| format!("; {ends}"));
        let (waits, example) = (cause.text(), self.example_error());
        log::warn!("{waits}, since {why}{ends}{example}");
        self.observe(|| RunEvent::Waiting { cause, limit });
    }

    /// Returns the last error of the first server that has one, as the end of a sentence.
    fn example_error(&self) -> String {
        let summary = self.summary.lock();
        let mut servers = summary.servers.iter();
        let example = servers.find_map(|server| {
            let error = server.last_error.as_ref()?;
            Some(format!("; {}: {error}", OneLine::new(&server.name)))
        });
        example.unwrap_or_default()
    }

    fn state_and_error(&self, server: ServerId) -> (ServerState, Option<CallError>) {
        let summary = self.summary.lock();
        let server = &summary.servers[server.index()];
        (server.state, server.last_error.clone())
    }
}

/// Returns what is said of a server that is set aside, before its last error.
fn aside_text(reason: AsideReason, kind: Option<ErrorKind>) -> &'static str {
    match (reason, kind) {
        (AsideReason::Hung, _)
        | (AsideReason::Died, Some(ErrorKind::Unanswered | ErrorKind::TimedOut)) => {
            "silent, and asked again"
        }
        (AsideReason::Died, Some(ErrorKind::Interrupted | ErrorKind::Unreachable) | None) => {
            "down, and tried again"
        }
        (AsideReason::Died, Some(_)) => "put aside for a while, and tried again",
        (AsideReason::Suspected, _) => "on trial, since its calls fail: it gets one task at a time",
        (AsideReason::Failing, _) => {
            "answers again, but its answers are of no use: it gets one task at a time"
        }
        (AsideReason::Refused, _) => "out, and asked again each minute while the run goes on",
        (AsideReason::Busy, _) => "busy, left alone for a while",
        (AsideReason::StillDown, _) => "still down",
        (AsideReason::Ended, _) => "ended at its time, and tried again",
    }
}
