//! From errors to their kinds.

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::phase::Phase;

impl Error {
    /// Returns the meaning of the failure to a caller that may call again.
    ///
    /// A connection that was lost while the request was still being sent counts as
    /// [`MayHaveRun`](ErrorKind::MayHaveRun). Otherwise a server that hangs up on a request
    /// that it dislikes would be asked again without end.
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
                // It is no proxy, or does not take CONNECT.
                300..=399 | 404 | 405 | 410 | 501 => ErrorKind::NotAnEndpoint,
                _ => ErrorKind::NeverRan,
            },
            Error::Tls { .. } => ErrorKind::Refused,
            Error::OtherProtocol { .. } => ErrorKind::NotAnEndpoint,
            Error::Interrupted { .. } | Error::TimedOut { .. } => ErrorKind::MayHaveRun,
            Error::NotHttp { .. }
            | Error::NotScgi { .. }
            | Error::OversizedHead { .. }
            | Error::Malformed(_)
            | Error::Mismatch(_) => ErrorKind::BadResponse,
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
