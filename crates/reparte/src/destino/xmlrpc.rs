//! XML-RPC servers as destinations.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use xmlrpc_client::{
    Canceller, Error as ClientError, ErrorKind as ClientErrorKind, FromValue, IntoParams,
    Options as ClientOptions, Phase, ServerProxy,
};

use super::address;
use super::control::Control;
use crate::{Call, CallError, CallId, Destino, Error, ErrorKind, Status};

/// A function published over XML-RPC on one server, as a [`Destino`].
///
/// The arguments are any tuple that the wire can carry. They are cloned for
/// each call, as encoding takes them.
pub struct XmlRpc {
    proxy: ServerProxy,
    function: String,
    name: String,
    slots: Option<usize>,
    control: Option<Control>,
    /// What sets the names of these calls apart from another run's.
    run: u64,
    in_flight: Mutex<HashMap<CallId, InFlight>>,
}

/// A call that has not returned.
struct InFlight {
    canceller: Canceller,
    /// What the server knows it by.
    name: String,
}

impl XmlRpc {
    /// `function` on the server that `proxy` calls, as many calls at a time as
    /// the server says; one if it does not.
    ///
    /// The server is asked how it is by a method of its own, `reparte.status`;
    /// one that does not publish it, such as Python's, answers with a fault,
    /// once, and is only connected to from then on.
    ///
    /// Keep the proxy's time-outs above the length of the work: a call that
    /// times out is made again.
    pub fn new(proxy: ServerProxy, function: impl Into<String>) -> Self {
        Self {
            name: proxy.server().to_owned(),
            control: Control::new(&proxy),
            proxy,
            function: function.into(),
            slots: None,
            run: RandomState::new().hash_one(0),
            in_flight: Mutex::default(),
        }
    }

    /// The same, for `slots` calls at a time.
    #[must_use]
    pub fn with_slots(self, slots: usize) -> Self {
        Self {
            slots: Some(slots),
            ..self
        }
    }

    /// The same, for a server that is never to be asked how it is: it is known
    /// by how its calls end.
    #[must_use]
    pub fn without_status(self) -> Self {
        Self {
            control: None,
            ..self
        }
    }

    /// `function` on each of these servers, written as for
    /// [`Repartidor::new`](crate::Repartidor::new).
    ///
    /// # Errors
    ///
    /// [`Error::BadAddress`] for the first that can't be read.
    pub fn list<S: AsRef<str>>(servers: &[S], function: &str) -> Result<Vec<Self>, Error> {
        Self::list_with(servers, function, &ClientOptions::default())
    }

    /// The same, with these options for all of them: time-outs, a token, TLS.
    ///
    /// # Errors
    ///
    /// [`Error::BadAddress`] for the first that can't be read, or does not go with
    /// the options.
    pub fn list_with<S: AsRef<str>>(
        servers: &[S],
        function: &str,
        options: &ClientOptions,
    ) -> Result<Vec<Self>, Error> {
        address::read(servers)?
            .into_iter()
            .map(|(address, slots)| {
                let proxy = ServerProxy::builder(&address)
                    .options(options.clone())
                    .build()
                    .map_err(|e| bad_address(&address, &e))?;
                // What stands before an @ may be a password.
                let name = address.rsplit('@').next().unwrap_or_default();
                Ok(Self {
                    name: name.to_owned(),
                    slots,
                    ..Self::new(proxy, function)
                })
            })
            .collect()
    }

    /// Whether a fault's text is the one by which Python's server says that it does
    /// not publish the function. Its code is 1, that of all its faults.
    fn is_unknown(&self, message: &str) -> bool {
        let function = &self.function;
        message.ends_with(&format!(":method \"{function}\" is not supported"))
    }

    /// What makes its calls.
    #[must_use]
    pub fn proxy(&self) -> &ServerProxy {
        &self.proxy
    }

    fn in_flight(&self) -> MutexGuard<'_, HashMap<CallId, InFlight>> {
        // Each change is one insertion or removal: a poisoned map is whole.
        self.in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for XmlRpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XmlRpc")
            .field("name", &self.name)
            .field("function", &self.function)
            .field("slots", &self.slots)
            .finish_non_exhaustive()
    }
}

impl<A, R> Destino<A, R> for XmlRpc
where
    A: IntoParams + Clone,
    R: FromValue,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn slots(&self) -> usize {
        self.slots.unwrap_or(1)
    }

    fn learns_slots(&self) -> bool {
        self.slots.is_none()
    }

    fn has_status(&self) -> bool {
        self.control.is_some()
    }

    fn status(&self) -> Result<Option<Status>, CallError> {
        match &self.control {
            Some(control) => control.status(),
            None => Ok(None),
        }
    }

    fn call(&self, args: &A, call: &Call) -> Result<R, CallError> {
        let name = format!("{:016x}-{}", self.run, call.id);
        let mut attempt = self.proxy.attempt().call_id(&name);
        if let Some(deadline) = call.deadline {
            attempt = attempt.deadline(deadline);
        }
        let canceller = attempt.canceller();
        let in_flight = InFlight {
            canceller: canceller.clone(),
            name,
        };
        self.in_flight().insert(call.id, in_flight);
        if call.is_cancelled() {
            canceller.cancel();
        }
        let outcome = attempt.call(&self.function, args.clone());
        self.in_flight().remove(&call.id);
        outcome.map_err(|error| match error {
            ClientError::Fault(fault) if self.is_unknown(&fault.message) => {
                CallError::new(ErrorKind::NotFound, fault.message)
            }
            ClientError::Http(http)
                if http.status == DEADLINE_PASSED && call.deadline.is_some() =>
            {
                CallError::from_source(ErrorKind::TimedOut, ClientError::Http(http))
            }
            // Cut short by the call's own end, which tells nothing of a silent network.
            error @ ClientError::TimedOut {
                phase: Phase::Connect,
                ..
            } if call.deadline.is_some_and(|at| at <= Instant::now()) => {
                CallError::from_source(ErrorKind::Unreachable, error)
            }
            error => call_error(error),
        })
    }

    fn cancel(&self, call: CallId) {
        let in_flight = self.in_flight().remove(&call);
        if let Some(InFlight { canceller, name }) = in_flight {
            canceller.cancel();
            if let Some(control) = &self.control {
                control.cancel(name);
            }
        }
    }
}

fn bad_address(given: &str, error: &ClientError) -> Error {
    Error::BadAddress {
        address: address::shown(given),
        reason: match error {
            ClientError::BadUrl { reason, .. } => (*reason).to_owned(),
            _ => error.to_string(),
        },
    }
}

/// What a server of ours answers once the time is over that the client gave it.
const DEADLINE_PASSED: u16 = 504;

/// The fault-interop code of a method that the server does not publish: the server's
/// affair, as a 404 is, and not the function's answer.
const METHOD_NOT_FOUND: i32 = -32601;

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

/// Whether nobody answered an attempt to connect, where a dead process's machine refuses.
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
    use std::time::Duration;

    use super::*;

    /// A refused connection is a dead process; one that nothing answers may be a machine
    /// that has lost its network, and whose calls go on.
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
