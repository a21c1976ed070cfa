//! What an error means to who has other servers to ask.

use std::time::Duration;

use super::{Error, Phase};

/// What a failed call means to who may call again: this server or another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller's mistake, found before anything was sent: no server will do.
    Usage,
    /// The call certainly did not run.
    NeverRan,
    /// The call may have run, or still run: to send it again may run it twice.
    MayHaveRun,
    /// The server answered, but not what such a call can answer: a malformed document,
    /// one beyond the limits, a value of another type. The call may have run.
    BadResponse,
    /// The function's own answer, a fault: any other server gives the same.
    Fault,
    /// The server has no room just now (HTTP 503 or 429): the call did not run.
    Busy {
        /// How long the server asks to be left alone, if it says.
        retry_after: Option<Duration>,
    },
    /// The server does not take this client's calls (HTTP 401, 403, 407), or one of them
    /// does not trust the other (TLS), or the proxy does not let it through to there: the
    /// call did not run.
    Refused,
    /// No XML-RPC service at that address, or no proxy at the one given for it (HTTP 3xx,
    /// 404, 405, 410, 501): the call did not run.
    NotAnEndpoint,
    /// The caller gave the call up. It may have run.
    Cancelled,
}

impl Error {
    /// What the failure means to who may call again.
    ///
    /// A connection lost while the request was still being sent counts as
    /// [`MayHaveRun`](ErrorKind::MayHaveRun): a server that hangs up on a request that it
    /// dislikes would else be asked again without end.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::BadUrl { .. }
            | Error::TlsUnsupported { .. }
            | Error::DuplicateCredentials { .. }
            | Error::BadOption { .. }
            | Error::Unrepresentable(_) => ErrorKind::Usage,
            Error::HostNotFound { .. }
            | Error::Unreachable { .. }
            | Error::TimedOut {
                phase: Phase::Connect,
                ..
            } => ErrorKind::NeverRan,
            Error::ProxyRefused { status, .. } => match status {
                401 | 403 | 407 => ErrorKind::Refused,
                // It is no proxy, or not for this.
                300..=399 | 404 | 405 | 410 | 501 => ErrorKind::NotAnEndpoint,
                _ => ErrorKind::NeverRan,
            },
            Error::Tls { .. } => ErrorKind::Refused,
            Error::Interrupted { .. } | Error::TimedOut { .. } => ErrorKind::MayHaveRun,
            Error::NotHttp { .. } | Error::Malformed(_) | Error::Mismatch(_) => {
                ErrorKind::BadResponse
            }
            Error::Fault(_) => ErrorKind::Fault,
            Error::Cancelled => ErrorKind::Cancelled,
            Error::Http(http) => match http.status {
                429 | 503 => ErrorKind::Busy {
                    retry_after: http.retry_after,
                },
                401 | 403 | 407 => ErrorKind::Refused,
                300..=399 | 404 | 405 | 410 | 501 => ErrorKind::NotAnEndpoint,
                _ => ErrorKind::MayHaveRun,
            },
        }
    }
}
