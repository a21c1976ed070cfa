//! The phases of a call.

use std::fmt;

/// A part of a call, with a time-out of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Looking up the server's name and connecting to it.
    Connect,
    /// Sending the request.
    Send,
    /// Waiting for the response and reading it.
    Response,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Connect => "connecting",
            Phase::Send => "sending the request",
            Phase::Response => "waiting for the answer",
        })
    }
}
