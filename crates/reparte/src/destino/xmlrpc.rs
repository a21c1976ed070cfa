//! A function on an XML-RPC server as a destination.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use xmlrpc_client::{
    Canceller, Error as ClientError, FromValue, IntoParams, Options as ClientOptions, Phase,
    ServerProxy,
};

use crate::destino::address;
use crate::destino::client_error::{DEADLINE_PASSED, call_error};
use crate::destino::control_client::{ControlClient, KnownCalls};
use crate::destino::{Call, Destino, Status};
use crate::error::Error;
use crate::error::call::{CallError, ErrorKind};
use crate::ids::CallId;

/// A function published over XML-RPC on one server, as a [`Destino`].
///
/// The arguments are any tuple that XML-RPC can carry. They are cloned for each call, since
/// the encoder consumes them.
pub struct XmlRpc {
    proxy: ServerProxy,
    function: String,
    name: String,
    slots: Option<usize>,
    /// None if the server is never asked for its status.
    control: Option<ControlClient>,
    /// A random number in the ids of these calls, which differ from those of another run.
    id_prefix: u64,
    in_flight: Mutex<HashMap<CallId, InFlight>>,
}

/// A call that has not returned.
struct InFlight {
    canceller: Canceller,
    /// The call's id on the server.
    call_id: String,
    /// A status of the server has shown the call at work.
    seen_running: bool,
    /// The instance of the server whose status has shown the call.
    known_to: Option<String>,
    /// The time at which the status of that instance began not to show the call any more.
    missing_since: Option<Instant>,
    /// The call was given up, since its server has long had an answer that does not come.
    is_forgotten: bool,
}

impl XmlRpc {
    /// Creates a destination that calls `function` on the server of `proxy`. It takes as
    /// many calls at a time as the server reports; one if it reports no number.
    ///
    /// The server is asked for its status by a call of its method `reparte.status`. A
    /// server that does not publish it, such as Python's, answers with a fault, once. From
    /// then on it is only connected to.
    ///
    /// Keep the proxy's time-outs above the duration of the work: a call that times out is
    /// made again.
    pub fn new(proxy: ServerProxy, function: impl Into<String>) -> Self {
        Self {
            name: proxy.server().to_owned(),
            control: ControlClient::new(&proxy),
            proxy,
            function: function.into(),
            slots: None,
            id_prefix: RandomState::new().hash_one(0),
            in_flight: Mutex::default(),
        }
    }

    /// Sets the number of calls that the server takes at a time.
    #[must_use]
    pub fn with_slots(self, slots: usize) -> Self {
        Self {
            slots: Some(slots),
            ..self
        }
    }

    /// Sets the name under which the server is shown, in place of its address. No other server of
    /// a run may have it.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }

    /// Turns off the requests for the server's status: the dispatcher then knows the server
    /// only by how its calls end.
    #[must_use]
    pub fn without_status(self) -> Self {
        Self {
            control: None,
            ..self
        }
    }

    /// Returns `function` on each of these servers as a destination. The addresses have the
    /// form that [`Repartidor::new`](crate::Repartidor::new) describes.
    ///
    /// # Errors
    ///
    /// [`Error::BadAddress`] for the first address that can't be read.
    pub fn list<S: AsRef<str>>(servers: &[S], function: &str) -> Result<Vec<Self>, Error> {
        Self::list_with(servers, function, &ClientOptions::default())
    }

    /// Returns `function` on each of these servers as a destination, with these options of
    /// the client for all of them: time-outs, a token, TLS.
    ///
    /// # Errors
    ///
    /// [`Error::BadAddress`] for the first address that can't be read, or does not fit the
    /// options.
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
                Ok(Self {
                    name: address::without_credentials(&address),
                    slots,
                    ..Self::new(proxy, function)
                })
            })
            .collect()
    }

    /// Returns true if a fault's text is the one that Python's server has for a function that
    /// it does not publish. The fault's code is 1, like that of all its faults.
    fn is_unpublished(&self, message: &str) -> bool {
        let function = &self.function;
        message.ends_with(&format!(":method \"{function}\" is not supported"))
    }

    /// Returns the proxy that makes the calls.
    #[must_use]
    pub fn proxy(&self) -> &ServerProxy {
        &self.proxy
    }

    /// Notes which calls a status of the server has shown. Gives up those that it knew, and
    /// has not known for [`FORGOTTEN_AFTER`], while no answer comes: it has answered, and the
    /// connection is lost without a sign.
    fn note_status(&self, status: &Status, known: &KnownCalls) {
        let mut forgotten = Vec::new();
        for call in self.in_flight().values_mut() {
            call.seen_running |= known.is_running(&call.call_id);
            if known.has(&call.call_id) {
                call.known_to = Some(status.instance.clone());
                call.missing_since = None;
            } else if call.known_to.as_ref() == Some(&status.instance) {
                let since = *call.missing_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= FORGOTTEN_AFTER && !call.canceller.response_has_begun() {
                    call.is_forgotten = true;
                    forgotten.push(call.canceller.clone());
                }
            }
        }
        forgotten.iter().for_each(Canceller::cancel);
    }

    fn in_flight(&self) -> MutexGuard<'_, HashMap<CallId, InFlight>> {
        // Each change is one insertion or removal, so the map is whole after a panic.
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
            Some(control) => {
                let status = control.status()?;
                Ok(status.map(|(status, known)| {
                    self.note_status(&status, &known);
                    status
                }))
            }
            None => Ok(None),
        }
    }

    fn call(&self, args: &A, call: &Call) -> Result<R, CallError> {
        let began = Instant::now();
        let call_id = format!("{:016x}-{}", self.id_prefix, call.id);
        let mut attempt = self.proxy.attempt().call_id(&call_id);
        if let Some(deadline) = call.deadline {
            attempt = attempt.deadline(deadline).grace(GRACE);
        }
        let canceller = attempt.canceller();
        let in_flight = InFlight {
            canceller: canceller.clone(),
            call_id,
            seen_running: false,
            known_to: None,
            missing_since: None,
            is_forgotten: false,
        };
        // Enter it first, then look at the mark. `cancel` marks first and then looks for the
        // entry, on another thread. So `cancel` finds the entry, or this finds the mark.
        self.in_flight().insert(call.id, in_flight);
        if call.is_cancelled() {
            canceller.cancel();
        }
        let outcome = attempt.call(&self.function, args.clone());
        let ended = self.in_flight().remove(&call.id);
        let (seen_running, is_forgotten) = ended.map_or((false, false), |ended| {
            (ended.seen_running, ended.is_forgotten)
        });
        outcome
            .map_err(|error| match error {
                ClientError::Cancelled if is_forgotten => {
                    CallError::new(ErrorKind::TimedOut, FORGOTTEN)
                }
                ClientError::Fault(fault) if self.is_unpublished(&fault.message) => {
                    CallError::new(ErrorKind::NotFound, fault.message)
                }
                // The call's own deadline cut the attempt short: that is no sign of a network
                // that has failed.
                error @ ClientError::TimedOut {
                    phase: Phase::Connect,
                    ..
                } if call.deadline.is_some_and(|at| at <= Instant::now()) => {
                    CallError::from_source(ErrorKind::Unreachable, error)
                }
                error @ ClientError::TimedOut { .. } if seen_running => {
                    CallError::from_source(ErrorKind::Overran, error)
                }
                error => match (call_error(error), call.deadline) {
                    // A server of another kind that keeps the deadline, or a proxy.
                    (error, Some(_)) if error.kind() == LATE => {
                        error.with_kind(ErrorKind::TimedOut)
                    }
                    (error, _) => error,
                },
            })
            .map_err(|error| say_limit(error, began, call.deadline))
    }

    fn cancel(&self, call: CallId) {
        let in_flight = self.in_flight().remove(&call);
        if let Some(InFlight {
            canceller, call_id, ..
        }) = in_flight
        {
            canceller.cancel();
            if let Some(control) = &self.control {
                control.cancel(call_id);
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

/// Says that a time-out was this run's limit, if the call's deadline has passed. Otherwise it was
/// one of the client's own.
fn say_limit(error: CallError, began: Instant, deadline: Option<Instant>) -> CallError {
    let Some(deadline) = deadline.filter(|&deadline| deadline <= Instant::now()) else {
        return error;
    };
    // The dispatcher has set it a moment before the call.
    let limit = deadline.saturating_duration_since(began).as_secs_f64();
    let limit = (limit * 100.0).round() / 100.0;
    match error.kind() {
        ErrorKind::Overran => error.with_message(format!(
            "the server was still at work on it at this run's time limit of {limit} s"
        )),
        ErrorKind::TimedOut => error.with_message(format!(
            "no answer within this run's time limit of {limit} s"
        )),
        _ => error,
    }
}

/// The time for which a server has to be without a call before the call is given up. An answer
/// that is there comes sooner.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(5);
/// The text of a call that was given up.
const FORGOTTEN: &str = "the server no longer knows the call, and its answer has not come: the \
                         network between has lost the connection";

/// The kind of a 504 that does not say whether the call ran.
const LATE: ErrorKind = ErrorKind::Http {
    status: DEADLINE_PASSED,
};
/// The time past its deadline for which a call's answer is awaited: a server of
/// `xmlrpc-server` says then whether the call was running. The plan waits for longer.
const GRACE: Duration = Duration::from_millis(250);
