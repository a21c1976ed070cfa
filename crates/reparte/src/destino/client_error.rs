//! The errors of the XML-RPC client as errors of a call.

use std::io;

use xmlrpc_client::{Error as ClientError, ErrorKind as ClientErrorKind, Phase};

use crate::error::call::{CallError, ErrorKind};

/// The fault code for a method that the server does not publish. Like a 404, it is a failure
/// of the server, and no answer of the function.
const METHOD_NOT_FOUND: i32 = -32601;

/// Returns the error of a call that ended with this error of the client.
pub(super) fn call_error(error: ClientError) -> CallError {
    let kind = match (&error, error.kind()) {
        (ClientError::Fault(fault), _) if fault.code == METHOD_NOT_FOUND => ErrorKind::NotFound,
        (ClientError::Fault(fault), _) => {
            return CallError::fault(fault.code, fault.message.clone());
        }
        (_, ClientErrorKind::Usage) => ErrorKind::Unsendable,
        (ClientError::Unreachable { source, .. }, _) if is_silence(source) => ErrorKind::Unanswered,
        (ClientError::TimedOut { phase, .. }, _) if *phase == Phase::Connect => {
            ErrorKind::Unanswered
        }
        (_, ClientErrorKind::NeverRan) => ErrorKind::Unreachable,
        (_, ClientErrorKind::Busy { retry_after }) => ErrorKind::Busy { retry_after },
        (_, ClientErrorKind::Refused) => ErrorKind::Refused,
        (_, ClientErrorKind::NotAnEndpoint) => ErrorKind::NotFound,
        (_, ClientErrorKind::BadResponse) => ErrorKind::Malformed,
        (_, ClientErrorKind::Cancelled) => ErrorKind::Cancelled,
        (ClientError::Http(http), _) => ErrorKind::Http {
            status: http.status,
        },
        (ClientError::TimedOut { .. }, _) => ErrorKind::TimedOut,
        _ => ErrorKind::Interrupted,
    };
    CallError::from_source(kind, error)
}

/// Returns true if nothing answered an attempt to connect. The machine of a dead process
/// refuses instead.
fn is_silence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::TimedOut
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
    )
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::{Duration, Instant};

    use xmlrpc_client::{Options as ClientOptions, ServerProxy};

    use super::*;

    /// A refused connection means a dead process. If nothing answers, the machine may have
    /// lost its network, and its calls go on.
    #[test]
    fn a_refused_connection_and_an_unanswered_one_are_told_apart() {
        for (kind, expected) in [
            (io::ErrorKind::ConnectionRefused, false),
            (io::ErrorKind::HostUnreachable, true),
            (io::ErrorKind::TimedOut, true),
        ] {
            assert_eq!(is_silence(&kind.into()), expected, "{kind}");
        }

        // It takes connections, and never reads.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut options = ClientOptions::default();
        options.send_timeout = Duration::from_millis(50);
        options.response_timeout = Duration::from_millis(50);
        let proxy = ServerProxy::builder(&address).options(options);
        let proxy = proxy.build().unwrap();
        let failure = |error: Result<i32, ClientError>| call_error(error.unwrap_err()).kind();
        let late = proxy.attempt().deadline(Instant::now());
        assert_eq!(failure(late.call("f", ())), ErrorKind::Unanswered);
        let long = "x".repeat(8 << 20);
        assert_eq!(failure(proxy.call("f", (long,))), ErrorKind::TimedOut);
        assert_eq!(failure(proxy.call("f", ())), ErrorKind::TimedOut);
        drop(listener);
        assert_eq!(failure(proxy.call("f", ())), ErrorKind::Unreachable);
    }
}
