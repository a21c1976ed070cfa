//! The kinds of errors, by what a caller can do next.

use std::time::Duration;

/// The meaning of an [`Error`](crate::Error) to a caller that may call again, this server
/// or another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller's mistake, found before anything was sent. No server will do.
    Usage,
    /// The call certainly did not run. It is safe to send it again.
    NeverRan,
    /// The call may have run, or still run. To send it again may run it twice.
    MayHaveRun,
    /// The server's response is not one to this call: a malformed document, one beyond
    /// the limits, a value of another type. The call may have run.
    BadResponse,
    /// The function's own answer, a fault. Any other server gives the same.
    Fault,
    /// The server has no room at the moment (HTTP 503 or 429). The call did not run.
    Busy {
        /// The delay that the server asks for, if it does.
        retry_after: Option<Duration>,
    },
    /// The server does not take this client's calls (HTTP 401, 403, 407), or one of them
    /// does not trust the other (TLS), or the HTTP proxy does not allow the connection.
    /// The call did not run.
    Refused,
    /// No XML-RPC service at the address, or no HTTP proxy at the one that is
    /// given for it (HTTP 3xx, 404, 405, 410, 501), or another protocol. The call did not run.
    NotAnEndpoint,
    /// The caller cancelled the call. It may have run.
    Cancelled,
}
