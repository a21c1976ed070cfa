//! The words for the states of a run's servers, with and without scripts.

use reparte::ServerState;

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
        ServerState::Ending => {
            "it ends before a call would, by the median: no more calls, and those in flight go on"
        }
        ServerState::Ended => "its time is over, as it had said; used again once it answers",
        ServerState::Alias => "another name of a server in use; used once that one is silent",
        ServerState::Reserve => "used when no other server is left",
        _ => return None,
    })
}
