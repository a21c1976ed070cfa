//! The meaning of a call's outcome for its task and for its server.
//!
//! These are pure functions: the parts that hold the state ask them.
//!
//! | outcome of the call | the task | the server |
//! | --- | --- | --- |
//! | a result | is delivered | works |
//! | a contested failure | has a case with the server: see [`cases`](super::cases) | has a case with the task: see [`standing`](super::standing) |
//! | `NotFound`, `Forbidden`, before the server has answered any call | the same | takes no call, if it is the second task or the only one |
//! | `Unsendable`, `Unchecked` | fails | nothing is known |
//! | `GivenUp` | fails, unless it has another awaited call | nothing is known |
//! | `Refused`, `Unfit` | is tried again | takes no call, and is tried again in a minute |
//! | `Wrong` | is tried again | is out |
//! | `Busy` | is tried again | gets fewer calls at a time, if it runs others: see [`capacity`](super::capacity); else pauses for as long as it asks, and works once it answers a call |
//! | `Unreachable`, `TimedOut` | is tried again | has failed; works once it reports its status |
//! | `Unanswered` | is tried again | hangs; works once it reports its status |
//! | `Interrupted` | is tried again | has failed, perhaps died; works once it reports its status |
//! | `Cancelled` | is tried again | has failed; works once it answers a call |
//!
//! A call that may have run counts as an attempt of its task, and its retry is
//! paid for: see [`ErrorKind::may_have_run`].

use std::time::Duration;

use crate::error::call::{ErrorKind, FailureClass};
use crate::plan::action::{AsideReason, LossReason};

/// The longest pause that a busy server can ask for.
const LONGEST_BUSY: Duration = Duration::from_secs(60);

/// The verdict on a call's server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerVerdict {
    /// It works.
    Works,
    /// Nothing.
    Unknown,
    /// It has a case with the task.
    Contested,
    /// It has answered no call yet, and has no such function, or forbids it.
    NotFound,
    /// It takes no call of this client.
    Refuses,
    /// It is of no use to this run.
    Useless,
    /// It has failed.
    Failed(ServerFailure),
}

/// The properties of a server's failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServerFailure {
    /// The reason for which the server is set aside if it is in use.
    pub(super) reason: AsideReason,
    /// Shortest time for which it is set aside.
    pub(super) at_least: Duration,
    /// It is alive all the same: it has said when it will have room.
    pub(super) answers: bool,
    /// It broke the connection, which several times in a row is a reason for a
    /// trial.
    pub(super) is_break: bool,
    /// Only an answer to a call shows that it works again. Its status does not.
    pub(super) needs_trial: bool,
}

/// The verdict on a call's task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaskVerdict {
    /// It has its result.
    Delivered,
    /// It has failed, and would fail on every other server.
    Failed,
    /// It is tried again.
    TryAgain(CallFailure),
    /// It has a case with the server: this kind of failure.
    Contested(ErrorKind),
}

/// The properties of a failed call that decide what becomes of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallFailure {
    /// The call may have run: it counts as an attempt, and its retry is paid for.
    pub(super) may_have_run: bool,
    /// The server's death during the call, if there was one.
    pub(super) death: Death,
}

/// The death of a server during a call, perhaps by the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// Nothing says so.
    None,
    /// The connection broke: it may have died.
    Possible,
    /// It has been restarted since the call began.
    Certain,
}

/// Returns what the outcome of a call says about its server and its task.
/// `has_answered`: the server has answered a call before.
pub(super) fn assess(
    outcome: Result<(), ErrorKind>,
    has_answered: bool,
) -> (ServerVerdict, TaskVerdict) {
    let kind = match outcome {
        Ok(()) => return (ServerVerdict::Works, TaskVerdict::Delivered),
        Err(kind) => kind,
    };
    let again = TaskVerdict::TryAgain(call_failure(kind));
    match (kind.class(has_answered), kind) {
        (FailureClass::Contested, _) => (ServerVerdict::Contested, TaskVerdict::Contested(kind)),
        (_, ErrorKind::NotFound | ErrorKind::Forbidden) => {
            (ServerVerdict::NotFound, TaskVerdict::Contested(kind))
        }
        (FailureClass::Task, _) => (ServerVerdict::Unknown, TaskVerdict::Failed),
        (_, ErrorKind::Wrong) => (ServerVerdict::Useless, again),
        (FailureClass::Server, _) => (ServerVerdict::Refuses, again),
        (FailureClass::Lost, _) => (ServerVerdict::Failed(server_failure(kind)), again),
    }
}

/// Returns what the loss of a call says about its server and its task.
pub(super) fn assess_loss(reason: LossReason) -> (ServerVerdict, CallFailure) {
    match reason {
        LossReason::TimeLimit => {
            let kind = ErrorKind::TimedOut;
            (
                ServerVerdict::Failed(server_failure(kind)),
                call_failure(kind),
            )
        }
        LossReason::ServerRestarted => {
            let death = Death::Certain;
            let failure = call_failure(ErrorKind::Interrupted);
            (ServerVerdict::Unknown, CallFailure { death, ..failure })
        }
    }
}

/// Returns whether a call or a probe with this outcome has reached some server.
pub(super) fn has_reached<T>(outcome: Result<T, ErrorKind>) -> bool {
    let kind = outcome.err();
    !matches!(kind, Some(ErrorKind::Unreachable | ErrorKind::Unanswered))
}

/// Returns true if the server was not heard. That it can be heard again shows
/// that it works.
pub(super) fn is_silence(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Unreachable
            | ErrorKind::Unanswered
            | ErrorKind::Interrupted
            | ErrorKind::TimedOut
    )
}

/// Returns the failure of a server that was set aside, and has given an answer
/// that is of no use.
pub(super) fn useless_answer() -> ServerFailure {
    ServerFailure {
        reason: AsideReason::Failing,
        at_least: Duration::ZERO,
        answers: false,
        is_break: false,
        needs_trial: true,
    }
}

fn call_failure(kind: ErrorKind) -> CallFailure {
    CallFailure {
        may_have_run: kind.may_have_run(),
        death: match kind {
            ErrorKind::Interrupted => Death::Possible,
            _ => Death::None,
        },
    }
}

/// Returns the failure of a server whose call was lost in this way.
pub(super) fn server_failure(kind: ErrorKind) -> ServerFailure {
    let (reason, at_least) = match kind {
        ErrorKind::Busy { retry_after } => {
            let asked = retry_after.unwrap_or_default();
            (AsideReason::Busy, asked.min(LONGEST_BUSY))
        }
        ErrorKind::Unanswered => (AsideReason::Hung, Duration::ZERO),
        _ => (AsideReason::Died, Duration::ZERO),
    };
    ServerFailure {
        reason,
        at_least,
        answers: matches!(
            kind,
            ErrorKind::Busy {
                retry_after: Some(_)
            }
        ),
        is_break: kind == ErrorKind::Interrupted,
        needs_trial: !is_silence(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_its_verdicts() {
        use AsideReason::{Busy, Died, Hung};
        let result = (ServerVerdict::Works, TaskVerdict::Delivered);
        assert_eq!(assess(Ok(()), false), result);
        for (kind, has_answered, server) in [
            (
                ErrorKind::Fault { code: 6 },
                false,
                ServerVerdict::Contested,
            ),
            (ErrorKind::Malformed, false, ServerVerdict::Contested),
            (ErrorKind::NotFound, false, ServerVerdict::NotFound),
            (ErrorKind::Forbidden, false, ServerVerdict::NotFound),
            (ErrorKind::NotFound, true, ServerVerdict::Contested),
        ] {
            let verdicts = (server, TaskVerdict::Contested(kind));
            assert_eq!(assess(Err(kind), has_answered), verdicts);
        }
        let failed = (ServerVerdict::Unknown, TaskVerdict::Failed);
        assert_eq!(assess(Err(ErrorKind::Unsendable), true), failed);
        for (kind, verdict) in [
            (ErrorKind::Refused, ServerVerdict::Refuses),
            (ErrorKind::Unfit, ServerVerdict::Refuses),
            (ErrorKind::Wrong, ServerVerdict::Useless),
        ] {
            assert_eq!(assess(Err(kind), true).0, verdict);
        }
        let minute = Duration::from_secs(60);
        let busy = |retry_after| ErrorKind::Busy { retry_after };
        for (kind, reason, at_least, answers, needs_trial) in [
            (ErrorKind::Unreachable, Died, 0, false, false),
            (ErrorKind::Unanswered, Hung, 0, false, false),
            (ErrorKind::TimedOut, Died, 0, false, false),
            (ErrorKind::Interrupted, Died, 0, false, false),
            (ErrorKind::Cancelled, Died, 0, false, true),
            (busy(None), Busy, 0, false, true),
            (busy(Some(2 * minute)), Busy, 60, true, true),
        ] {
            let (server, task) = assess(Err(kind), true);
            let failure = ServerFailure {
                reason,
                at_least: Duration::from_secs(at_least),
                answers,
                is_break: kind == ErrorKind::Interrupted,
                needs_trial,
            };
            assert_eq!(server, ServerVerdict::Failed(failure), "{kind}");
            let death = match kind {
                ErrorKind::Interrupted => Death::Possible,
                _ => Death::None,
            };
            let failure = CallFailure {
                may_have_run: kind.may_have_run(),
                death,
            };
            assert_eq!(task, TaskVerdict::TryAgain(failure), "{kind}");
        }
    }

    #[test]
    fn a_loss_counts_as_an_attempt() {
        let (server, failure) = assess_loss(LossReason::ServerRestarted);
        assert_eq!(server, ServerVerdict::Unknown, "it runs again");
        assert_eq!(failure.death, Death::Certain);
        assert!(failure.may_have_run);
        let (server, failure) = assess_loss(LossReason::TimeLimit);
        assert_eq!(server, assess(Err(ErrorKind::TimedOut), true).0);
        assert_eq!(failure.death, Death::None);
        assert!(failure.may_have_run);
    }
}
