//! The words for the states of a run and of its servers, with and without scripts.

use reparte::{RunSummary, ServerState, WaitCause};

/// Returns why the run waits for a server, if it does.
pub(super) fn wait_reason(summary: &RunSummary) -> Option<&'static str> {
    let waiting = summary.waiting.as_ref()?;
    let mut states = summary.servers.iter().map(|server| server.state);
    let any_answers =
        states.any(|state| matches!(state, ServerState::Suspected | ServerState::Failing));
    Some(match waiting.cause {
        WaitCause::Busy => "every one is busy",
        _ if any_answers => "none gives a result",
        _ => "none answers",
    })
}

/// Returns a state's meaning for the server, and its end. None of a server that is in use, or
/// that has left.
pub(super) fn meaning(state: ServerState) -> Option<&'static str> {
    Some(match state {
        ServerState::Down => "no answer; used again once it answers",
        ServerState::Busy => "it says that it is busy; asked again when it asked to be",
        ServerState::Suspected => {
            "its calls fail: on trial, one task at a time; used again after a result"
        }
        ServerState::Failing => {
            "it answers again, but no answer is of use: one task at a time; used again after a \
             result"
        }
        ServerState::Quarantined => {
            "a result was wrong: no more calls in this run, unless its line leaves the server \
             file and comes again"
        }
        ServerState::Out => {
            "it takes no calls of this run; asked again each minute, or once its line leaves the \
             server file and comes again"
        }
        ServerState::Reserve => "used when no other server is left",
        _ => return None,
    })
}
