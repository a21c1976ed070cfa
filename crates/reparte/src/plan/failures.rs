//! The meaning of a call's outcome for its task and for its server.
//!
//! These are pure functions: the parts that hold the state ask them.
//!
//! | outcome of the call | the task | the server |
//! | --- | --- | --- |
//! | a result | is delivered | works |
//! | a fault | fails; is tried again if the options say so | works |
//! | `Overran` | fails; is tried again if the options say so | works |
//! | `Unsendable`, `Unchecked` | fails | nothing is known |
//! | `Refused`, `NotFound`, `Wrong` | is tried again | is out |
//! | `Busy` | is tried again | pauses for as long as it asks; works once it answers a call |
//! | `Unreachable`, `TimedOut` | is tried again | has failed; works once it reports its status |
//! | `Unanswered` | is tried again | hangs; works once it reports its status |
//! | `Interrupted` | is tried again | has failed, perhaps died; works once it reports its status |
//! | any other error | is tried again | has failed; works once it answers a call |
//!
//! A call that may have run counts as an attempt of its task, and its retry is
//! paid for: see [`ErrorKind::may_have_run`].

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::options::RetryFaults;
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
    /// It is of no use to this run.
    Useless,
    /// It has failed.
    Failed(ServerFailure),
}

/// The properties of a server's failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServerFailure {
    /// Why the server is set aside if it is in use.
    pub(super) reason: AsideReason,
    /// Shortest time for which it is set aside.
    pub(super) at_least: Duration,
    /// It was reached and failed by itself, which several times in a row is a
    /// reason for quarantine.
    pub(super) is_its_own: bool,
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
}

/// The properties of a failed call that decide what becomes of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallFailure {
    /// The call may have run: it counts as an attempt, and its retry is paid for.
    pub(super) may_have_run: bool,
    /// The call brought a fault: the task's answer if it is not tried again.
    pub(super) is_fault: bool,
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
pub(super) fn assess(
    outcome: Result<(), ErrorKind>,
    retry_faults: &RetryFaults,
    retry_time_outs: bool,
) -> (ServerVerdict, TaskVerdict) {
    let kind = match outcome {
        Ok(()) => return (ServerVerdict::Works, TaskVerdict::Delivered),
        Err(kind) => kind,
    };
    let again = TaskVerdict::TryAgain(call_failure(kind));
    match kind {
        ErrorKind::Fault { code } if retry_faults.contain(code) => (ServerVerdict::Works, again),
        ErrorKind::Fault { .. } => (ServerVerdict::Works, TaskVerdict::Failed),
        ErrorKind::Overran if !retry_time_outs => (ServerVerdict::Works, TaskVerdict::Failed),
        ErrorKind::Unsendable | ErrorKind::Unchecked => {
            (ServerVerdict::Unknown, TaskVerdict::Failed)
        }
        ErrorKind::Refused
        | ErrorKind::Forbidden
        | ErrorKind::Unfit
        | ErrorKind::NotFound
        | ErrorKind::Wrong => (ServerVerdict::Useless, again),
        _ => (ServerVerdict::Failed(server_failure(kind)), again),
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

/// Returns true if the server was not heard. That it can be heard again shows
/// that it works.
pub(super) fn is_silence(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Unreachable
            | ErrorKind::Unanswered
            | ErrorKind::Interrupted
            | ErrorKind::TimedOut
            | ErrorKind::Overran
    )
}

fn call_failure(kind: ErrorKind) -> CallFailure {
    CallFailure {
        may_have_run: kind.may_have_run(),
        is_fault: matches!(kind, ErrorKind::Fault { .. }),
        death: match kind {
            ErrorKind::Interrupted => Death::Possible,
            _ => Death::None,
        },
    }
}

fn server_failure(kind: ErrorKind) -> ServerFailure {
    let is_its_own = !matches!(
        kind,
        ErrorKind::Unreachable
            | ErrorKind::Unanswered
            | ErrorKind::Busy { .. }
            | ErrorKind::TimedOut
            | ErrorKind::Overran
    );
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
        is_its_own,
        needs_trial: !is_silence(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_its_verdicts() {
        use AsideReason::{Busy, Died, Hung};
        let codes = RetryFaults::Codes(vec![7]);
        let works = |outcome, task| {
            assert_eq!(assess(outcome, &codes, false), (ServerVerdict::Works, task))
        };
        works(Ok(()), TaskVerdict::Delivered);
        works(Err(ErrorKind::Fault { code: 6 }), TaskVerdict::Failed);
        works(Err(ErrorKind::Overran), TaskVerdict::Failed);
        let (server, task) = assess(Err(ErrorKind::Fault { code: 7 }), &codes, false);
        assert_eq!(server, ServerVerdict::Works);
        assert!(matches!(task, TaskVerdict::TryAgain(failure) if failure.is_fault));
        let (server, task) = assess(Err(ErrorKind::Unsendable), &codes, false);
        assert_eq!(
            (server, task),
            (ServerVerdict::Unknown, TaskVerdict::Failed)
        );
        for kind in [ErrorKind::Refused, ErrorKind::NotFound, ErrorKind::Wrong] {
            assert_eq!(assess(Err(kind), &codes, false).0, ServerVerdict::Useless);
        }
        let minute = Duration::from_secs(60);
        for (kind, reason, at_least, is_its_own, needs_trial) in [
            (ErrorKind::Unreachable, Died, 0, false, false),
            (ErrorKind::Unanswered, Hung, 0, false, false),
            (ErrorKind::TimedOut, Died, 0, false, false),
            (ErrorKind::Interrupted, Died, 0, true, false),
            (ErrorKind::Malformed, Died, 0, true, true),
            (ErrorKind::Http { status: 500 }, Died, 0, true, true),
            (ErrorKind::Panicked, Died, 0, true, true),
            (ErrorKind::Cancelled, Died, 0, true, true),
            (ErrorKind::Busy { retry_after: None }, Busy, 0, false, true),
            (
                ErrorKind::Busy {
                    retry_after: Some(2 * minute),
                },
                Busy,
                60,
                false,
                true,
            ),
        ] {
            let (server, task) = assess(Err(kind), &codes, false);
            let failure = ServerFailure {
                reason,
                at_least: Duration::from_secs(at_least),
                is_its_own,
                needs_trial,
            };
            assert_eq!(server, ServerVerdict::Failed(failure), "{kind}");
            let death = match kind {
                ErrorKind::Interrupted => Death::Possible,
                _ => Death::None,
            };
            let failure = CallFailure {
                may_have_run: kind.may_have_run(),
                is_fault: false,
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
        assert!(failure.may_have_run && !failure.is_fault);
        let (server, failure) = assess_loss(LossReason::TimeLimit);
        assert_eq!(
            server,
            assess(Err(ErrorKind::TimedOut), &RetryFaults::None, false).0
        );
        assert_eq!(failure.death, Death::None);
        assert!(failure.may_have_run && !failure.is_fault);
    }
}
