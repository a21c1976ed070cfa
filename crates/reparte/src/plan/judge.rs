//! What follows from the way in which a call ended.

use std::time::Duration;

use super::server::Seat;
use super::{Action, Failure, Plan};
use crate::ids::ServerId;
use crate::{CallId, ErrorKind, TaskId};

/// The longest that a server which says that it is busy is left alone, however
/// long it asks for.
const BUSY_LONGEST: Duration = Duration::from_secs(60);

impl Plan {
    pub(super) fn call_ended(&mut self, call: CallId, outcome: Result<(), ErrorKind>) {
        let Some(ended) = self.calls.remove(&call) else {
            return;
        };
        self.servers.leave(ended.seat);
        if ended.draining {
            return;
        }
        match ended.seat.trial {
            true => self.trials -= 1,
            false => self.steady -= 1,
        }
        let (task, server) = (ended.task, ended.seat.server);
        match outcome {
            Ok(()) => {
                self.answered(server);
                self.tasks.close(task);
                self.actions.push_back(Action::Deliver { task, server });
            }
            Err(ErrorKind::Fault { .. }) => {
                self.answered(server);
                self.fail(task, Failure::Answered);
            }
            Err(ErrorKind::Unsendable) => self.fail(task, Failure::Answered),
            Err(kind) => {
                self.judge_server(ended.seat, kind);
                self.judge_task(task, server, kind);
            }
        }
    }

    fn answered(&mut self, server: ServerId) {
        self.down_since = None;
        if self.servers.answered(server) {
            self.actions.push_back(Action::TakeBack { server });
        }
    }

    fn fail(&mut self, task: TaskId, why: Failure) {
        self.tasks.close(task);
        self.actions.push_back(Action::Fail { task, why });
    }

    /// What becomes of a server that failed a call.
    fn judge_server(&mut self, seat: Seat, kind: ErrorKind) {
        let server = seat.server;
        if matches!(kind, ErrorKind::Refused | ErrorKind::NotFound) {
            if self.servers.put_out(server) {
                self.actions.push_back(Action::PutOut { server });
            }
            return;
        }
        let Some(failures) = self.servers.failures_with(seat) else {
            return;
        };
        let mut wait = self.backoff.wait(failures);
        let busy = match kind {
            ErrorKind::Busy { retry_after } => {
                wait = wait.max(retry_after.unwrap_or_default()).min(BUSY_LONGEST);
                true
            }
            _ => false,
        };
        let until = self.now.saturating_add(wait);
        let why = self.servers.set_aside(server, self.now, until, busy);
        self.servers.wake(self.now);
        let action = Action::SetAside { server, until, why };
        self.actions.push_back(action);
    }

    /// What becomes of a task whose call failed.
    fn judge_task(&mut self, task: TaskId, server: ServerId, kind: ErrorKind) {
        let Some(tries) = self.tasks.tries(task) else {
            return;
        };
        tries.counted += u32::from(kind.may_have_run());
        if tries.counted >= self.options.max_attempts.max(1) {
            self.fail(task, Failure::GivenUp);
        } else {
            self.tasks.retry(task, server);
        }
    }
}
