//! The errors of the XML-RPC client as errors of a call.
//!
//! | the client's error | kind |
//! | --- | --- |
//! | a fault of code -32601 | `NotFound` |
//! | a fault of code -32050, "the host is unfit" | `Unfit` |
//! | any other fault | `Fault` |
//! | arguments that can't be encoded, an option that does not fit | `Unsendable` |
//! | no answer to an attempt to connect, no route | `Unanswered` |
//! | no connection for another reason, no host of that name, a proxy that makes none | `Unreachable` |
//! | no connection, as this process has no descriptor, thread, port or memory for one | `Busy`, for a moment: the server is not to blame |
//! | 503, 429 | `Busy`, with the time of `Retry-After` if there is one |
//! | 401, 407, TLS | `Refused` |
//! | 403 | `Forbidden` |
//! | 404, 405, 410, 501, 3xx, another protocol, such as TLS at an http address | `NotFound` |
//! | 504 of xmlrpc-server, of a call that was running | `Overran` |
//! | 504 of xmlrpc-server, of a call that waited for a worker | `Busy` |
//! | any other HTTP status: 400, 413, 500, 502, 504 | `Http` |
//! | an answer that breaks HTTP, or is no XML-RPC, beyond a limit, or of another type | `Malformed` |
//! | a connection that breaks | `Interrupted` |
//! | a time-out after the connection was made | `TimedOut`, or `Overran` if the status of the server has shown the call at work |

use std::io;
use std::time::Duration;

use xmlrpc_client::{Error as ClientError, ErrorKind as ClientErrorKind, Fault, Phase};

use crate::error::call::{CallError, ErrorKind};

/// The HTTP status of `xmlrpc-server` once a call's deadline has passed, and the text of a
/// call that was running then, and of one that waited.
pub(super) const DEADLINE_PASSED: u16 = 504;
const LATE: &str = "the call's deadline has passed";
const LATE_IN_QUEUE: &str = "the call's deadline passed before it ran";
/// The pause of a server whose queue is too long for the call's deadline: that of its 503.
const QUEUE_PAUSE: Duration = Duration::from_secs(1);

/// Returns the error of a call that ended with this error of the client.
pub(super) fn call_error(error: ClientError) -> CallError {
    let kind = match (&error, error.kind()) {
        (ClientError::Fault(fault), _) if fault.code == Fault::METHOD_NOT_FOUND => {
            ErrorKind::NotFound
        }
        (ClientError::Fault(fault), _) if fault.code == Fault::HOST_UNFIT => ErrorKind::Unfit,
        (ClientError::Fault(fault), _) => {
            return CallError::fault(fault.code, fault.message.clone());
        }
        (_, ClientErrorKind::Usage) => ErrorKind::Unsendable,
        (ClientError::Unreachable { source, .. } | ClientError::HostNotFound { source, .. }, _)
            if is_own_shortage(source) =>
        {
            let retry_after = Some(SHORTAGE_PAUSE);
            let text = format!(
                "this process is short of descriptors, threads, ports or memory ({source}): raise \
                 its limits (ulimit -n, ulimit -u), or use fewer slots"
            );
            return CallError::new(ErrorKind::Busy { retry_after }, text);
        }
        (ClientError::Unreachable { source, .. }, _) if is_silence(source) => ErrorKind::Unanswered,
        (ClientError::TimedOut { phase, .. }, _) if *phase == Phase::Connect => {
            ErrorKind::Unanswered
        }
        (_, ClientErrorKind::NeverRan) => ErrorKind::Unreachable,
        (_, ClientErrorKind::Busy { retry_after }) => ErrorKind::Busy { retry_after },
        (ClientError::Http(http), _) if http.status == 403 => ErrorKind::Forbidden,
        (_, ClientErrorKind::Refused) => ErrorKind::Refused,
        (_, ClientErrorKind::NotAnEndpoint) => ErrorKind::NotFound,
        (_, ClientErrorKind::BadResponse) => ErrorKind::Malformed,
        (_, ClientErrorKind::Cancelled) => ErrorKind::Cancelled,
        (ClientError::Http(http), _) => match (http.status, http.excerpt.trim_end()) {
            (DEADLINE_PASSED, LATE) => ErrorKind::Overran,
            (DEADLINE_PASSED, LATE_IN_QUEUE) => ErrorKind::Busy {
                retry_after: Some(QUEUE_PAUSE),
            },
            (status, _) => ErrorKind::Http { status },
        },
        (ClientError::TimedOut { .. }, _) => ErrorKind::TimedOut,
        _ => ErrorKind::Interrupted,
    };
    CallError::from_source(kind, error)
}

/// The pause after a call for which this process had nothing left. Other calls that end give
/// back what they had.
const SHORTAGE_PAUSE: Duration = Duration::from_millis(200);

/// Returns true if this process, and not the server, is why no connection was made.
fn is_own_shortage(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        matches!(
            error.raw_os_error().map(Errno::from_raw_os_error),
            Some(
                Errno::MFILE
                    | Errno::NFILE
                    | Errno::AGAIN
                    | Errno::NOMEM
                    | Errno::NOBUFS
                    | Errno::ADDRNOTAVAIL
            )
        )
    }
    #[cfg(not(unix))]
    {
        let _ = error;
        false
    }
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
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::time::{Duration, Instant};

    use xmlrpc_client::{Options as ClientOptions, ServerProxy};

    use super::*;

    /// The texts are those of xmlrpc-server's hyper front.
    #[test]
    fn a_late_answer_says_whether_the_call_was_running() {
        let queue = ErrorKind::Busy {
            retry_after: Some(QUEUE_PAUSE),
        };
        for (body, kind) in [
            ("the call's deadline has passed\n", ErrorKind::Overran),
            ("the call's deadline passed before it ran\n", queue),
            (
                "<h1>504 Gateway Timeout</h1>",
                ErrorKind::Http { status: 504 },
            ),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let serving = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).unwrap();
                write!(stream, "HTTP/1.0 504 Late\r\n\r\n{body}").unwrap();
            });
            let mut options = ClientOptions::default();
            options.keep_alive = false;
            let proxy = ServerProxy::builder(&address).options(options);
            let error = proxy.build().unwrap().call::<i32>("f", ()).unwrap_err();
            assert_eq!(call_error(error).kind(), kind, "{body}");
            serving.join().unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_shortage_of_this_process_blames_no_server() {
        use rustix::io::Errno;
        for (errno, expected) in [
            (Errno::MFILE, true),
            (Errno::AGAIN, true),
            (Errno::ADDRNOTAVAIL, true),
            (Errno::CONNREFUSED, false),
            (Errno::HOSTUNREACH, false),
        ] {
            assert_eq!(is_own_shortage(&errno.into()), expected, "{errno}");
        }
    }

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
