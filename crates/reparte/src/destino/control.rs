//! The control protocol, from the client's side: `reparte.status` and
//! `reparte.cancel`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use xmlrpc_client::{Error as ClientError, FromValue, ServerProxy, Value};

use super::xmlrpc::call_error;
use crate::{CallError, ErrorKind, Status};

/// How long a question may take: the plan gives a server up after as long.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long of that to connect: enough for the second of TCP's first packets,
/// which comes a second after the first.
const CONNECT: Duration = Duration::from_millis(1500);

/// Whether the server knows the protocol.
const UNKNOWN: u8 = 0;
const FOREIGN: u8 = 1;
const OURS: u8 = 2;

/// Asks one server how it is.
pub(super) struct Control {
    /// On a connection that is kept, for a server that knows the protocol: it
    /// answers whatever else it does, and one that says nothing there hangs.
    ours: Arc<ServerProxy>,
    /// Each time on a connection of its own, for any other: one that serves a
    /// connection at a time, for as long as it is open, must not be kept from
    /// its work by a question that it has answered.
    other: ServerProxy,
    kin: AtomicU8,
}

impl Control {
    /// None if the proxy's options make no sense for it.
    pub(super) fn new(proxy: &ServerProxy) -> Option<Self> {
        let mut options = proxy.options().clone();
        options.connect_timeout = CONNECT;
        options.response_timeout = PATIENCE;
        let ours = Arc::new(proxy.with_options(options.clone()).ok()?);
        options.keep_alive = false;
        Some(Self {
            ours,
            other: proxy.with_options(options).ok()?,
            kin: AtomicU8::new(UNKNOWN),
        })
    }

    pub(super) fn status(&self) -> Result<Option<Status>, CallError> {
        let known = self.kin.load(Relaxed);
        if known == FOREIGN {
            return match self.other.check_reachable() {
                Ok(()) => Ok(None),
                Err(error) => {
                    // What comes back may be another one.
                    self.kin.store(UNKNOWN, Relaxed);
                    Err(call_error(error))
                }
            };
        }
        let proxy = if known == OURS {
            &self.ours
        } else {
            &self.other
        };
        let attempt = proxy.attempt().deadline(Instant::now() + PATIENCE);
        let (kin, outcome) = match attempt.call::<Value>("reparte.status", ()) {
            Ok(value) => match read(&value) {
                Some(status) => (OURS, Ok(Some(status))),
                None => (FOREIGN, Ok(None)),
            },
            Err(ClientError::Fault(_)) => (FOREIGN, Ok(None)),
            Err(error) => {
                let error = call_error(error);
                let kin = match error.kind() {
                    ErrorKind::Unreachable | ErrorKind::Interrupted => UNKNOWN,
                    ErrorKind::TimedOut | ErrorKind::Unanswered => known,
                    _ => FOREIGN,
                };
                (kin, Err(error))
            }
        };
        self.kin.store(kin, Relaxed);
        outcome
    }

    /// Tells a server that knows the protocol to stop working on the call that
    /// it knows by `name`, without waiting for that.
    pub(super) fn cancel(&self, name: String) {
        if self.kin.load(Relaxed) != OURS {
            return;
        }
        let proxy = Arc::clone(&self.ours);
        let tell = move || {
            let attempt = proxy.attempt().deadline(Instant::now() + PATIENCE);
            if let Err(error) = attempt.call::<bool>("reparte.cancel", (name,)) {
                log::debug!("{}: not cancelled there: {error}", proxy.server());
            }
        };
        let thread = thread::Builder::new().name("reparte-cancel".to_owned());
        if let Err(error) = thread.spawn(tell) {
            log::debug!("not cancelled there: no thread: {error}");
        }
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").finish_non_exhaustive()
    }
}

/// Reads a server's word on itself, if it is one.
fn read(value: &Value) -> Option<Status> {
    let Value::Struct(members) = value else {
        return None;
    };
    let Some(Value::String(instance)) = members.get("instance") else {
        return None;
    };
    let slots = members.get("slots").cloned().map(i64::from_value);
    let slots = slots.and_then(|slots| usize::try_from(slots.ok()?).ok());
    Some(Status::new(instance.clone(), slots.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(status(&[("slots", Value::Int(4))]), None);
        assert_eq!(read(&Value::Nil), None);
    }
}
