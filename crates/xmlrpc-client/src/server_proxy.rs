//! The server, as a caller sees it.

use std::time::Duration;

use log::debug;
use xmlrpc_wire::{decode_response, encode_call};

use crate::text::{Foreign, excerpt};
use crate::transport::{AbortHandle, Answer, Connection, Terms, Transport};
use crate::url::ServerUrl;
use crate::{
    Attempt, Error, FromValue, HttpStatus, IntoParams, MalformedResponse, Multicall, Options,
    Value, redirect,
};

/// A server whose functions can be called.
///
/// It can be shared between threads: calls that are made at the same time each have a
/// connection of their own, and a connection that the server keeps open serves the next
/// call, if that comes within a second.
///
/// A call is sent once. Only where a kept connection turns out to be closed before it
/// has taken the whole request is that request sent again, on a new one; a call that may
/// have run is never repeated.
#[derive(Debug)]
pub struct ServerProxy {
    transport: Transport,
}

/// A call that has been made.
///
/// Its connection is beside its outcome, to be [kept](ServerProxy::finish) once nobody can break
/// it off any more.
pub(crate) struct Posted {
    connection: Connection,
    answer: Result<Answer, Error>,
    /// The proxy that has made it, if it was sent on.
    elsewhere: Option<ServerProxy>,
}

impl ServerProxy {
    /// A proxy for the server at `url`: `http://host:port/path`, `host:port` or `host`,
    /// `https://` with the feature `tls`, `http://user:password@host` with what a server
    /// asks for (percent-encoded). The port is 80, or 443 for `https://`, and the path `/RPC2` where they are not given, as in Python's
    /// xmlrpclib; an IPv6 address goes into brackets. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Error::BadUrl`] or [`Error::TlsUnsupported`].
    pub fn new(url: &str) -> Result<Self, Error> {
        ServerProxy::builder(url).build()
    }

    /// Returns a proxy for the same server, with other options and connections of its own.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`].
    pub fn with_options(&self, options: Options) -> Result<Self, Error> {
        ServerProxy::at(self.transport.url().clone(), options)
    }

    pub(crate) fn at(url: ServerUrl, options: Options) -> Result<Self, Error> {
        let transport = Transport::new(url, options.checked()?)?;
        Ok(ServerProxy { transport })
    }

    /// How it calls.
    #[must_use]
    pub fn options(&self) -> &Options {
        self.transport.options()
    }

    /// The server as `host:port`: its name in logs and errors.
    #[must_use]
    pub fn server(&self) -> &str {
        self.transport.server()
    }

    /// Calls `method` and waits for its result.
    ///
    /// ```no_run
    /// # use xmlrpc_client::{Error, ServerProxy};
    /// let server = ServerProxy::new("localhost:9000")?;
    /// assert_eq!(server.call::<i32>("cuad", (7,))?, 49);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Any [`Error`] but those of [`new`](ServerProxy::new) and
    /// [`Cancelled`](Error::Cancelled).
    pub fn call<R: FromValue>(&self, method: &str, params: impl IntoParams) -> Result<R, Error> {
        self.attempt().call(method, params)
    }

    /// Calls to be made in one request.
    pub fn multicall(&self) -> Multicall<'_> {
        Multicall::new(self)
    }

    /// A call that can be cancelled and can have a deadline.
    pub fn attempt(&self) -> Attempt<'_> {
        Attempt::new(self)
    }

    /// Connects and hangs up, for no longer than
    /// [`connect_timeout`](Options::connect_timeout): whether something listens there.
    ///
    /// # Errors
    ///
    /// [`Error::Unreachable`], [`Error::HostNotFound`] or [`Error::ProxyRefused`].
    pub fn check_reachable(&self) -> Result<(), Error> {
        self.transport.check_reachable()
    }

    /// Posts a call, to where it is sent on to if that is to be followed. Tells `running`
    /// beforehand what would break it off; if that fails, it isn't made.
    pub(crate) fn post(
        &self,
        method: &str,
        params: &[Value],
        terms: Terms<'_>,
        running: impl Fn(AbortHandle) -> Result<(), Error>,
    ) -> Result<Posted, Error> {
        let request = encode_call(method, params).map_err(Error::Unrepresentable)?;
        debug!(
            "{}: call {}, {} bytes",
            self.server(),
            Foreign(method),
            request.len()
        );
        let mut posted = self.post_here(&request, terms, &running)?;
        for _ in 0..self.options().redirects {
            let proxy = posted.elsewhere.as_ref().unwrap_or(self);
            let Some(next) = proxy.sent_on(&posted.answer)? else {
                break;
            };
            posted = next.post_here(&request, terms, &running)?;
            posted.elsewhere = Some(next);
        }
        Ok(posted)
    }

    /// Posts a call, and once more if it met a kept connection that had been closed.
    fn post_here(
        &self,
        request: &[u8],
        terms: Terms<'_>,
        running: impl Fn(AbortHandle) -> Result<(), Error>,
    ) -> Result<Posted, Error> {
        let mut connection = self.transport.take();
        running(connection.abort_handle())?;
        let mut answer = self.transport.post(&connection, request, terms);
        if answer.is_err() && connection.is_stale() {
            debug!("{}: a kept connection was closed", self.server());
            connection = self.transport.new_connection();
            running(connection.abort_handle())?;
            answer = self.transport.post(&connection, request, terms);
        }
        Ok(Posted {
            connection,
            answer,
            elsewhere: None,
        })
    }

    /// A proxy for where an answer sends a call on to.
    fn sent_on(&self, answer: &Result<Answer, Error>) -> Result<Option<Self>, Error> {
        let url = self.transport.url();
        let target = answer
            .as_ref()
            .ok()
            .and_then(|answer| redirect::target(url, answer.status, answer.location.as_deref()?));
        let Some(mut target) = target else {
            return Ok(None);
        };
        debug!("{}: sent on to {}", self.server(), target.server());
        let mut options = self.options().clone();
        if target.origin() == url.origin() {
            target.credentials.clone_from(&url.credentials);
        } else {
            options.credentials = None;
            #[cfg(feature = "tls")]
            {
                options.tls.identity = None;
            }
        }
        let transport = Transport::new(target, options)?;
        Ok(Some(ServerProxy { transport }))
    }

    /// Keeps the connection of a call that got an answer, and reads that.
    pub(crate) fn finish(&self, posted: Posted) -> Result<Value, Error> {
        let proxy = posted.elsewhere.as_ref().unwrap_or(self);
        let answer = posted.answer;
        let answer = answer.inspect_err(|error| debug!("{}: {error}", proxy.server()))?;
        proxy.transport.put(posted.connection);
        debug!(
            "{}: status {}, {} bytes",
            proxy.server(),
            answer.status,
            answer.body.len()
        );
        proxy.value(&answer)
    }

    fn value(&self, answer: &Answer) -> Result<Value, Error> {
        if answer.status != 200 {
            return Err(Error::Http(Box::new(self.status(answer))));
        }
        let limits = &self.transport.options().limits;
        match decode_response(&answer.body, limits) {
            Ok(response) => response.map_err(Error::Fault),
            Err(source) => Err(Error::Malformed(Box::new(MalformedResponse {
                server: self.server().to_owned(),
                source,
                excerpt: excerpt(&answer.body),
            }))),
        }
    }

    fn status(&self, answer: &Answer) -> HttpStatus {
        const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
        let seconds = |text: &String| text.trim().parse().ok().map(Duration::from_secs);
        HttpStatus {
            server: self.server().to_owned(),
            path: self.transport.url().path.clone(),
            status: answer.status,
            excerpt: excerpt(&answer.body),
            retry_after: answer
                .retry_after
                .as_ref()
                .and_then(seconds)
                .map(|delay| delay.min(LONGEST)),
            location: answer
                .location
                .as_ref()
                .map(|text| Foreign(text).to_string()),
        }
    }
}
