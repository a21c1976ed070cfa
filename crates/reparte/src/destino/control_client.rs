//! A client of the control protocol: `reparte.status` and `reparte.cancel`.
//!
//! It learns whether the server supports the protocol:
//!
//! | from | to | when |
//! | --- | --- | --- |
//! | unknown, supported, away | supported | it answers with a status |
//! | unknown, supported, away | unsupported | it answers with anything else, or a fault |
//! | unknown, away | unsupported | it hangs up on the question, though not on a connection without one |
//! | unknown | unsupported | it answers with an HTTP status such as 404, as some servers do for an unknown method, or with something that is no XML-RPC |
//! | supported | away | anything else goes wrong: what stands before it may have answered |
//! | unsupported | unknown | it can't be connected to: it may be another server when it comes back |
//!
//! A time-out changes nothing. A server that does not support the protocol is only connected
//! to. One that is away has supported it in this run, and is asked until it answers.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use xmlrpc_client::{Error as ClientError, FromValue, ServerProxy, Value};

use crate::destino::Status;
use crate::destino::client_error::call_error;
use crate::error::call::{CallError, ErrorKind};

/// The time limit of a request. The plan counts the server as hung after the same time.
const TIME_LIMIT: Duration = Duration::from_secs(2);
/// The part of that for connecting: enough for TCP's second SYN, one second after the first.
const CONNECT_TIME_LIMIT: Duration = Duration::from_millis(1500);

/// The calls that wait or run on a server: their ids, and whether they run.
#[derive(Debug, Default)]
pub(super) struct KnownCalls(HashMap<String, bool>);

const UNKNOWN: u8 = 0;
const UNSUPPORTED: u8 = 1;
const SUPPORTED: u8 = 2;
const AWAY: u8 = 3;

/// A client of one server's control protocol.
pub(super) struct ControlClient {
    /// Keeps its connection. For a server that supports the protocol: such a server answers
    /// at any time, and one that does not has hung.
    persistent: Arc<ServerProxy>,
    /// Opens a connection for each request. For any other server: one that serves a single
    /// connection at a time must not be kept from its work by an open one.
    single_use: ServerProxy,
    /// [`UNKNOWN`], [`UNSUPPORTED`], [`SUPPORTED`] or [`AWAY`].
    support: AtomicU8,
}

impl ControlClient {
    /// Creates a client of the proxy's server; None if the proxy's options don't fit it.
    pub(super) fn new(proxy: &ServerProxy) -> Option<Self> {
        let mut options = proxy.options().clone();
        options.connect_timeout = CONNECT_TIME_LIMIT;
        options.response_timeout = TIME_LIMIT;
        let persistent = Arc::new(proxy.with_options(options.clone()).ok()?);
        options.keep_alive = false;
        Some(Self {
            persistent,
            single_use: proxy.with_options(options).ok()?,
            support: AtomicU8::new(UNKNOWN),
        })
    }

    /// Asks the server for its status, and the calls that wait or run there; None if it does
    /// not support the protocol.
    pub(super) fn status(&self) -> Result<Option<(Status, KnownCalls)>, CallError> {
        // Relaxed: one thread at a time asks, and `cancel` needs no more than a recent value.
        let known = self.support.load(Relaxed);
        if known == UNSUPPORTED {
            let reached = self.check_reachable();
            if reached.is_err() {
                self.support.store(UNKNOWN, Relaxed);
            }
            return reached.map(|()| None);
        }
        let proxy = match known {
            SUPPORTED => &self.persistent,
            _ => &self.single_use,
        };
        let attempt = proxy.attempt().deadline(Instant::now() + TIME_LIMIT);
        let (support, outcome) = match attempt.call::<Value>("reparte.status", ()) {
            Ok(value) => match read(&value) {
                Some(status) => (SUPPORTED, Ok(Some((status, KnownCalls::read(&value))))),
                None => (UNSUPPORTED, Ok(None)),
            },
            Err(ClientError::Fault(_)) => (UNSUPPORTED, Ok(None)),
            Err(ClientError::Interrupted { .. }) if known != SUPPORTED => {
                match self.check_reachable() {
                    Ok(()) => (UNSUPPORTED, Ok(None)),
                    Err(error) => (known, Err(error)),
                }
            }
            Err(ClientError::Http(http)) if known == UNKNOWN && may_be_unknown(http.status) => {
                (UNSUPPORTED, Ok(None))
            }
            Err(error) => {
                let error = call_error(error);
                let support = match (error.kind(), known) {
                    (ErrorKind::TimedOut | ErrorKind::Unanswered, _) => known,
                    (ErrorKind::Malformed, UNKNOWN) => UNSUPPORTED,
                    (_, UNKNOWN) => UNKNOWN,
                    _ => AWAY,
                };
                (support, Err(error))
            }
        };
        self.support.store(support, Relaxed);
        outcome
    }

    /// Connects to the server, and asks it nothing.
    fn check_reachable(&self) -> Result<(), CallError> {
        self.single_use.check_reachable().map_err(|error| {
            let is_closed = matches!(
                &error,
                ClientError::Unreachable { source, .. }
                    if source.kind() == io::ErrorKind::ConnectionAborted
            );
            match is_closed {
                // A server at its limit of connections does so too.
                true => CallError::from_source(ErrorKind::Interrupted, error),
                false => call_error(error),
            }
        })
    }

    /// Asks a server that supports the protocol to stop its work on a call, and does not
    /// wait for the answer.
    pub(super) fn cancel(&self, call_id: String) {
        if self.support.load(Relaxed) != SUPPORTED {
            return;
        }
        let proxy = Arc::clone(&self.persistent);
        let request = move || {
            let attempt = proxy.attempt().deadline(Instant::now() + TIME_LIMIT);
            if let Err(error) = attempt.call::<bool>("reparte.cancel", (call_id,)) {
                log::debug!("{}: not cancelled there: {error}", proxy.server());
            }
        };
        let thread = thread::Builder::new().name("reparte-cancel".to_owned());
        if let Err(error) = thread.spawn(request) {
            log::debug!("not cancelled there: no thread: {error}");
        }
    }
}

impl fmt::Debug for ControlClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlClient").finish_non_exhaustive()
    }
}

/// Returns true for an HTTP status with which servers answer a call of an unknown method: npm's
/// with 404, tornado's and Zope's with 400 or 500.
fn may_be_unknown(status: u16) -> bool {
    matches!(status, 400 | 404 | 405 | 410 | 500 | 501)
}

/// Reads a status; None if the value is none.
fn read(value: &Value) -> Option<Status> {
    let Value::Struct(members) = value else {
        return None;
    };
    let Some(Value::String(instance)) = members.get("instance") else {
        return None;
    };
    let slots = members.get("slots").cloned().map(i64::from_value);
    let slots = slots.and_then(|slots| usize::try_from(slots.ok()?).ok());
    let status = Status::new(instance.clone(), slots.unwrap_or(0));
    let seconds = members.get("seconds_left").cloned().map(i64::from_value);
    let seconds = seconds.and_then(|seconds| u64::try_from(seconds.ok()?).ok());
    Some(match seconds {
        Some(seconds) => status.with_time_left(Duration::from_secs(seconds)),
        None => status,
    })
}

impl KnownCalls {
    /// Reads the calls of a status.
    fn read(value: &Value) -> Self {
        let Some(Value::Array(calls)) = value.get("calls") else {
            return KnownCalls::default();
        };
        let runs = |call: &Value| matches!(call.get("running"), Some(Value::Bool(true)));
        let id = |call: &Value| call.get("id")?.as_str().map(str::to_owned);
        let entry = |call: &Value| Some((id(call)?, runs(call)));
        KnownCalls(calls.iter().filter_map(entry).collect())
    }

    /// Returns whether the server knows a call.
    pub(super) fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Returns whether a call is at work.
    pub(super) fn is_running(&self, id: &str) -> bool {
        self.0.get(id).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calls_are_read() {
        let call = |members: &[(&str, Value)]| Value::Struct(members.iter().cloned().collect());
        let id = |id: &str| ("id", Value::String(id.into()));
        let calls = vec![
            call(&[id("a"), ("running", Value::Bool(true))]),
            call(&[id("b"), ("running", Value::Bool(false))]),
            call(&[id("c")]),
            Value::Nil,
        ];
        let known = KnownCalls::read(&call(&[("calls", Value::Array(calls))]));
        let of = |id: &str| (known.has(id), known.is_running(id));
        assert_eq!(
            ["a", "b", "c", "d"].map(of),
            [(true, true), (true, false), (true, false), (false, false)]
        );
        assert!(!KnownCalls::read(&Value::Nil).has("a"));
    }

    #[test]
    fn a_status_is_read_if_it_is_one() {
        let status = |members: &[(&str, Value)]| {
            let members = members.iter().cloned();
            read(&Value::Struct(members.collect()))
        };
        let instance = ("instance", Value::String("a".into()));
        let full = [instance.clone(), ("slots", Value::Int(4))];
        assert_eq!(status(&full), Some(Status::new("a", 4)));
        for slots in [Value::Int(-1), Value::Bool(true), Value::Int64(0)] {
            let odd = [instance.clone(), ("slots", slots)];
            assert_eq!(status(&odd), Some(Status::new("a", 0)));
        }
        for (left, time_left) in [
            (Value::Int(90), Some(Duration::from_secs(90))),
            (Value::Int(0), Some(Duration::ZERO)),
            (Value::Int64(1 << 40), Some(Duration::from_secs(1 << 40))),
            (Value::Int(-1), None),
            (Value::String("90".into()), None),
        ] {
            let told = status(&[instance.clone(), ("seconds_left", left)]).unwrap();
            assert_eq!(told.time_left, time_left);
        }
        assert_eq!(status(&[("slots", Value::Int(4))]), None);
        assert_eq!(read(&Value::Nil), None);
    }
}
