//! The report on one server: its state, and what it says of itself.

use std::time::Duration;

use xmlrpc_client::{Error, ErrorKind, Phase};

/// The answer of a server, or why there is none.
#[derive(Debug)]
pub(super) struct ServerReport {
    pub(super) server: String,
    pub(super) answer: Result<RunningServer, Error>,
    /// An earlier answer had the control protocol, which a server answers while its functions
    /// work.
    pub(super) has_protocol: bool,
}

/// A server that answers.
#[derive(Debug)]
pub(super) struct RunningServer {
    /// The time from a request to its response. The connection is open already if the server
    /// keeps connections.
    pub(super) round_trip: Duration,
    /// The functions that it publishes, if it lists them.
    pub(super) functions: Option<Vec<String>>,
    /// The server's work, if it has the control protocol.
    pub(super) work: Option<Workload>,
}

/// The work of a server, as the control protocol reports it.
#[derive(Debug, PartialEq)]
pub(super) struct Workload {
    pub(super) instance: String,
    pub(super) version: String,
    pub(super) slots: u64,
    /// The number of slots that have a call.
    pub(super) busy: u64,
    /// The calls that run and those that wait, the oldest first.
    pub(super) calls: Vec<Call>,
    /// The seconds until it ends, if it knows that.
    pub(super) seconds_left: Option<u64>,
}

/// A call that runs on a server, or waits there.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) age: Duration,
}

impl ServerReport {
    /// Returns the state of the server in a word.
    pub(super) fn state(&self) -> &'static str {
        match &self.answer {
            Ok(_) => "up",
            Err(_) if self.may_be_at_work() => "busy",
            Err(Error::TimedOut { .. }) => "silent",
            Err(error) if says_nothing(error) => "unknown",
            Err(error) => match error.kind() {
                ErrorKind::Refused => "refuses",
                ErrorKind::Busy { .. } => "busy",
                ErrorKind::NeverRan | ErrorKind::MayHaveRun => "down",
                _ => "no server",
            },
        }
    }

    /// Returns true if the server takes connections and does not answer, as one without the
    /// control protocol does while its function works.
    pub(super) fn may_be_at_work(&self) -> bool {
        let is_silent =
            matches!(&self.answer, Err(Error::TimedOut { phase, .. }) if *phase == Phase::Response);
        is_silent && !self.has_protocol
    }
}

/// Returns whether an error says nothing of other methods. Servers without introspection answer
/// a question for it with the HTTP status 404 or 400, or hang up.
pub(super) fn says_nothing(error: &Error) -> bool {
    match error {
        Error::Http(http) => {
            let kind = error.kind();
            matches!(kind, ErrorKind::NotAnEndpoint | ErrorKind::MayHaveRun)
                && http.location.is_none()
        }
        Error::Interrupted { phase, .. } => *phase == Phase::Response,
        _ => false,
    }
}

impl RunningServer {
    /// Returns the round trip in milliseconds, to a hundredth: the rest differs from one request
    /// to the next.
    pub(super) fn round_trip_ms(&self) -> f64 {
        (self.round_trip.as_secs_f64() * 100_000.0).round() / 100.0
    }
}

impl Workload {
    /// Returns how many calls wait for a slot.
    pub(super) fn waiting(&self) -> u64 {
        let all = u64::try_from(self.calls.len()).unwrap_or(u64::MAX);
        all.saturating_sub(self.busy)
    }
}
