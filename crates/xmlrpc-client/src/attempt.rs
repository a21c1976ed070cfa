//! One call, which can be cancelled and can have a deadline.

use std::time::{Duration, Instant};

use log::debug;
use untrusted_text::OneLine;
use xmlrpc_wire::{FromValue, IntoParams, Value};

use crate::canceller::Canceller;
use crate::error::Error;
use crate::request::Request;
use crate::transport::Transport;

/// One call that is about to be made; from [`ServerProxy::attempt`](crate::ServerProxy::attempt).
///
/// An attempt serves for one call. So a [`Canceller`] that is used late can't cancel
/// another.
///
/// ```no_run
/// # use std::{thread, time::{Duration, Instant}};
/// # use xmlrpc_client::{Error, ServerProxy};
/// let server = ServerProxy::new("localhost:9000")?;
/// let attempt = server.attempt().deadline(Instant::now() + Duration::from_secs(60));
/// let canceller = attempt.canceller();
/// thread::spawn(move || {
///     thread::sleep(Duration::from_secs(5));
///     canceller.cancel();
/// });
/// match attempt.call::<String>("factoriz_sum", ("23434252232434",)) {
///     Err(Error::Cancelled) => { /* after five seconds */ }
///     other => assert_eq!(other?, "50914"),
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
#[must_use = "an attempt does nothing until `call`"]
pub struct Attempt<'a> {
    transport: &'a Transport,
    deadline: Option<Instant>,
    grace: Duration,
    call_id: Option<String>,
    canceller: Canceller,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(transport: &'a Transport) -> Self {
        Attempt {
            transport,
            deadline: None,
            grace: Duration::ZERO,
            call_id: None,
            canceller: Canceller::new(),
        }
    }

    /// Sets when the call must be over, whatever the time-outs of the
    /// [`Options`](crate::Options) leave.
    ///
    /// The header `Reparte-Deadline-Ms` tells the server how long the client waits for
    /// its response: to this deadline, or for the time-outs if that is less.
    pub fn deadline(self, at: Instant) -> Self {
        Attempt {
            deadline: Some(at),
            ..self
        }
    }

    /// Sets for how long after the [deadline](Self::deadline) the response is still awaited.
    /// None by default. A server of xmlrpc-server, which is told the deadline, answers at
    /// that time, and says whether the call was running.
    pub fn grace(self, grace: Duration) -> Self {
        Attempt { grace, ..self }
    }

    /// Sets the name by which the server knows the call, in the header `Reparte-Call`. A
    /// server of xmlrpc-server lists it in `reparte.status()`, and ends the call at
    /// `reparte.cancel(id)`; other servers ignore it.
    ///
    /// An `id` with anything but letters, digits, `-`, `_` and `.` of ASCII is not sent.
    pub fn call_id(self, id: impl Into<String>) -> Self {
        let id = id.into();
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        Attempt {
            call_id: Some(id).filter(|id| id.bytes().all(is_plain)),
            ..self
        }
    }

    /// Returns a handle that cancels the call.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// Calls `method` and waits for its result, as
    /// [`ServerProxy::call`](crate::ServerProxy::call) does.
    ///
    /// # Errors
    ///
    /// Those of [`ServerProxy::call`](crate::ServerProxy::call), and [`Error::Cancelled`]
    /// if the call was cancelled before it returned, or before it began.
    pub fn call<R: FromValue>(self, method: &str, params: impl IntoParams) -> Result<R, Error> {
        let params = params.into_params().map_err(Error::Unrepresentable)?;
        let value = self.call_value(method, &params)?;
        R::from_value(value).map_err(Error::Mismatch)
    }

    fn call_value(self, method: &str, params: &[Value]) -> Result<Value, Error> {
        let dialect = &self.transport.options().dialect;
        let body = dialect
            .encode_call(method, params)
            .map_err(Error::Unrepresentable)?;
        debug!(
            "{}: call {}, {} bytes",
            self.transport.server(),
            OneLine::new(method),
            body.len()
        );
        let request = Request {
            body: &body,
            deadline: self.deadline,
            grace: self.grace,
            call_id: self.call_id.as_deref(),
        };

        let mut redirect: Option<Transport> = None;
        let mut posted = self.transport.post(&request, &self.canceller);
        for _ in 0..self.transport.options().redirects {
            let Ok((_, response)) = &posted else { break };
            let current = redirect.as_ref().unwrap_or(self.transport);
            let Some(next) = current.redirect(response)? else {
                break;
            };
            posted = next.post(&request, &self.canceller);
            redirect = Some(next);
        }

        let is_silent = !self.canceller.response_has_begun();
        // From here on no canceller can abort the connection: only now may another call
        // have it. What was aborted shows as an error, so this comes before that is read.
        self.canceller.finish()?;
        let transport = redirect.as_ref().unwrap_or(self.transport);
        let server = transport.server();
        let (connection, response) = posted
            .map_err(|error| transport.explained(error, is_silent))
            .inspect_err(|error| debug!("{server}: {error}"))?;
        if let Some(connection) = connection {
            transport.keep(connection);
        }
        debug!(
            "{server}: status {}, {} bytes",
            response.status,
            response.body.len()
        );
        let limits = &transport.options().limits;
        response.decode(server, &transport.url().path, limits)
    }
}
