//! What follows from the way in which a call ended.

use std::time::Duration;

use super::Plan;
use super::apart::Guilt;
use super::calls::State;
use super::server::{Health, Seat};
use crate::ids::ServerId;
use crate::plan::action::{Action, AsideReason, TaskFailure};
use crate::plan::action::{Hedges, LossReason};
use crate::{CallId, ErrorKind, TaskId};

/// The longest that a server which says that it is busy is left alone, however
/// long it asks for.
const BUSY_LONGEST: Duration = Duration::from_secs(60);
/// A call that fails sooner fails at once.
const AT_ONCE: Duration = Duration::from_secs(1);
/// So many calls in a row that fail at once bring a server into quarantine.
const STRIKES: u32 = 5;
/// How long quarantine lasts before the next trial.
const QUARANTINE: Duration = Duration::from_secs(60);
/// How much longer than its time limit a call may take: its destination is to
/// keep the limit itself.
const GRACE: Duration = Duration::from_millis(500);
/// The shortest limit that comes of the median.
const LIMIT_LEAST: Duration = Duration::from_secs(1);
/// How many tasks have a median that a limit may rest on.
const ENOUGH: u64 = 5;

impl Plan {
    pub(super) fn call_ended(&mut self, call: CallId, outcome: Result<(), ErrorKind>) {
        let Some(ended) = self.calls.end(call) else {
            return;
        };
        self.servers.leave(ended.seat);
        if ended.state == State::Draining {
            return;
        }
        let (task, server) = (ended.task, ended.seat.server);
        self.forget(task, call, server);
        match outcome {
            Ok(()) => {
                self.answered(server);
                self.median.add(self.now.saturating_sub(ended.started));
                self.deliver(task, server, ended.hedge);
            }
            Err(kind @ ErrorKind::Fault { code }) => {
                self.answered(server);
                match self.options.retry_faults.contain(code) {
                    true => self.judge_task(task, server, kind),
                    false => self.fail(task, TaskFailure::Answered),
                }
            }
            Err(ErrorKind::Unsendable) => self.fail(task, TaskFailure::Answered),
            Err(kind) => {
                self.judge_server(ended.seat, kind, ended.started);
                if kind == ErrorKind::Interrupted {
                    self.aboard_at_break(task, server, ended.started);
                }
                self.judge_task(task, server, kind);
            }
        }
    }

    /// Takes calls that have run for longer than they may for lost.
    pub(super) fn lose_overrun(&mut self) {
        while let Some((call, at)) = self.overrun_at()
            && at <= self.now
        {
            let Some(&lost) = self.calls.get(call) else {
                return;
            };
            self.lose(call, LossReason::TimeLimit);
            self.judge_server(lost.seat, ErrorKind::TimedOut, lost.started);
        }
    }

    /// When the next call will have run for longer than it may.
    pub(super) fn overrun_at(&self) -> Option<(CallId, Duration)> {
        let absolute = self.options.time_limit.map(|limit| limit + GRACE);
        let median = self.median.get().filter(|_| self.median.count() >= ENOUGH);
        let relative = self.options.time_limit_medians.zip(median);
        let relative =
            relative.map(|(times, median)| median.saturating_mul(times).max(LIMIT_LEAST));
        let limit = absolute.into_iter().chain(relative).min()?;
        let (call, oldest) = self.calls.oldest()?;
        Some((call, oldest.started.saturating_add(limit)))
    }

    /// Waits for the call no more; its slot stays taken until it has returned.
    pub(super) fn lose(&mut self, call: CallId, reason: LossReason) {
        let Some(&lost) = self.calls.get(call) else {
            return;
        };
        let (task, server) = (lost.task, lost.seat.server);
        self.calls.set(call, State::Draining);
        self.forget(task, call, server);
        self.actions.push_back(Action::LoseCall {
            task,
            call,
            server,
            reason,
        });
        let kind = match reason {
            LossReason::TimeLimit => ErrorKind::TimedOut,
            LossReason::ServerRestarted => {
                self.aboard_at_death(task, server);
                ErrorKind::Interrupted
            }
        };
        self.judge_task(task, server, kind);
    }

    /// The call will bring nothing more.
    fn forget(&mut self, task: TaskId, call: CallId, server: ServerId) {
        self.servers.drop_call(server, call);
        if let Some(task) = self.tasks.get_mut(task) {
            task.live.retain(|&live| live != call);
        }
    }

    fn answered(&mut self, server: ServerId) {
        self.down_since = None;
        if self.servers.answered(server, self.now) {
            self.actions.push_back(Action::TakeBack { server });
        }
    }

    fn deliver(&mut self, task: TaskId, server: ServerId, won: bool) {
        let made = self.tasks.get(task).map_or(0, |task| task.hedges);
        self.actions.push_back(Action::DeliverResult {
            task,
            server,
            hedges: Hedges { made, won },
        });
        self.close(task);
    }

    pub(super) fn fail(&mut self, task: TaskId, reason: TaskFailure) {
        let made = self.tasks.get(task).map_or(0, |task| task.hedges);
        let hedges = Hedges { made, won: false };
        self.actions.push_back(Action::FailTask {
            task,
            reason,
            hedges,
        });
        self.close(task);
    }

    /// The task has ended: nobody wants what its other calls may bring.
    fn close(&mut self, task: TaskId) {
        for call in self.tasks.close(task).into_iter().flat_map(|t| t.live) {
            self.drain(call);
        }
    }

    /// Cancels a call.
    pub(super) fn drain(&mut self, call: CallId) {
        self.calls.set(call, State::Draining);
        if let Some(&drained) = self.calls.get(call) {
            let server = drained.seat.server;
            self.servers.drop_call(server, call);
            self.actions.push_back(Action::CancelCall { call, server });
        }
    }

    /// What becomes of a server that failed a call.
    fn judge_server(&mut self, seat: Seat, kind: ErrorKind, started: Duration) {
        let server = seat.server;
        if matches!(
            kind,
            ErrorKind::Refused | ErrorKind::NotFound | ErrorKind::Wrong
        ) {
            self.put_out(server);
            return;
        }
        if !self.servers.is_news(seat) {
            return;
        }
        let at_once = self.now.saturating_sub(started) < AT_ONCE;
        let strikes = self.servers.edit(server, |server| {
            server.strikes += u32::from(at_once && is_own_fault(kind));
            server.needs_trial = !is_silence(kind);
            server.strikes
        });
        if strikes >= STRIKES {
            self.servers
                .edit(server, |server| server.needs_trial = true);
            self.set_aside(server, AsideReason::Quarantined, QUARANTINE);
        } else if let ErrorKind::Busy { retry_after } = kind {
            let least = retry_after.unwrap_or_default().min(BUSY_LONGEST);
            self.set_aside(server, AsideReason::Busy, least);
        } else if kind == ErrorKind::Unanswered {
            self.set_aside(server, AsideReason::Hung, Duration::ZERO);
        } else {
            self.set_aside(server, AsideReason::Died, Duration::ZERO);
        }
    }

    /// Puts a server aside for a random wait, and at least for `least`.
    pub(super) fn set_aside(&mut self, server: ServerId, reason: AsideReason, least: Duration) {
        let failures = self.servers.get(server).failures.saturating_add(1);
        let wait = self.backoff.wait(failures).max(least);
        let until = self.now.saturating_add(wait);
        let was_up = self.servers.set_aside(server, self.now, until, reason);
        let reason = match reason {
            AsideReason::Died | AsideReason::Hung if !was_up => AsideReason::StillDown,
            reason => reason,
        };
        let action = Action::SetAside {
            server,
            until,
            reason,
        };
        self.actions.push_back(action);
    }

    /// What becomes of a task whose call failed.
    fn judge_task(&mut self, task: TaskId, server: ServerId, kind: ErrorKind) {
        let Some(failed) = self.tasks.get_mut(task) else {
            return;
        };
        failed.counted += u32::from(kind.may_have_run());
        let enough = failed.counted >= self.options.max_attempts.max(1);
        let guilt = Guilt::of(failed);
        if self.has_hope(task) {
            self.mark_alone(task);
        } else if guilt == Guilt::Poison {
            self.fail(task, TaskFailure::Poison);
        } else if enough && guilt != Guilt::Unsure {
            let reason = match kind {
                ErrorKind::Fault { .. } => TaskFailure::Answered,
                _ => TaskFailure::GivenUp,
            };
            self.fail(task, reason);
        } else {
            self.requeue(task, server, kind.may_have_run());
        }
    }

    /// The task waits for another call, after `failed_by` failed it; one that
    /// `costs` is paid for.
    pub(super) fn requeue(&mut self, task: TaskId, failed_by: ServerId, costs: bool) {
        if self
            .tasks
            .get(task)
            .is_some_and(|task| Guilt::of(task) > Guilt::None)
        {
            self.tasks.set_apart(task);
        } else if costs && !self.budget.spend() {
            self.tasks.delay(task, failed_by);
        } else {
            self.tasks.retry(task, failed_by);
        }
    }

    /// The server gets no more calls.
    pub(super) fn put_out(&mut self, server: ServerId) {
        if self.servers.put_out(server) {
            self.actions.push_back(Action::MarkOut { server });
            // Nobody will ask it any more.
            self.settle_breaks(server, self.now, None);
        }
    }

    /// Whether one of the task's calls is expected to bring an answer.
    pub(super) fn has_hope(&self, task: TaskId) -> bool {
        let live = self.tasks.get(task).map_or(&[][..], |task| &task.live);
        let mut calls = live.iter().filter_map(|&call| self.calls.get(call));
        calls.any(|call| call.state == State::Awaited)
    }

    /// What is known of a server's health.
    pub(super) fn health(&self, server: ServerId) -> Health {
        self.servers.get(server).health
    }
}

/// Whether the server failed by its own doing, not for want of a connection.
fn is_own_fault(kind: ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::Unreachable
            | ErrorKind::Unanswered
            | ErrorKind::Busy { .. }
            | ErrorKind::TimedOut
    )
}

/// Whether the server was not heard: that it can be heard again shows that it
/// works.
pub(super) fn is_silence(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Unreachable
            | ErrorKind::Unanswered
            | ErrorKind::Interrupted
            | ErrorKind::TimedOut
    )
}
