//! HTTP or SCGI to one server, for any number of calls at a time.
//!
//! A call's way: [`ServerProxy::call`](crate::ServerProxy::call), or
//! [`ServerProxy::attempt`](crate::ServerProxy::attempt) for a call that can be cancelled →
//! [`Attempt::call`](crate::Attempt::call), which encodes, follows redirects and decodes →
//! [`Transport::post`], which chooses a connection → `Connection::post`, which is one
//! request and its response by ureq → `HostResolver`, `SocketConnector`, `Socket` and
//! `HeadReader`, which ureq calls. For an SCGI server, `ScgiConnection::post` is one request and
//! its response on the same sockets.

mod agent_config;
mod connection;
mod endpoint;
mod error_mapping;
mod head_reader;
mod host_resolver;
mod idle_connections;
mod keepalive;
mod other_protocol;
#[cfg(feature = "tls")]
mod pinned_tls;
mod response_head;
mod route;
mod scgi;
mod socket;
mod socket_buffers;
mod socket_connector;
mod stream;
mod title_case;
#[cfg(feature = "tls")]
mod tls_connector;
#[cfg(feature = "tls")]
mod tls_probe;
mod tunnel;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use log::debug;

use crate::canceller::Canceller;
use crate::error::Error;
use crate::headers::Headers;
use crate::options::Options;
use crate::redirect;
use crate::request::Request;
use crate::response::Response;
use crate::transport::connection::Connection;
use crate::transport::endpoint::Endpoint;
use crate::transport::idle_connections::IdleConnections;
use crate::transport::scgi::ScgiConnection;
use crate::url::ServerUrl;
use crate::url::scheme::Scheme;

/// Posts calls to one server.
#[derive(Debug)]
pub(crate) struct Transport {
    endpoint: Arc<Endpoint>,
    idle: IdleConnections,
}

impl Transport {
    pub(crate) fn new(url: ServerUrl, options: Options) -> Result<Self, Error> {
        let endpoint = Endpoint::new(url, options)?;
        Ok(Transport::from_endpoint(endpoint))
    }

    fn from_endpoint(endpoint: Endpoint) -> Self {
        Transport {
            endpoint: Arc::new(endpoint),
            idle: IdleConnections::default(),
        }
    }

    /// Returns the server as `host:port`.
    pub(crate) fn server(&self) -> &str {
        &self.endpoint.server
    }

    pub(crate) fn url(&self) -> &ServerUrl {
        &self.endpoint.url
    }

    pub(crate) fn options(&self) -> &Options {
        &self.endpoint.options
    }

    /// Posts a request, and once more on a new connection if it met a kept connection that
    /// the server had closed. Returns the response, and its connection to be
    /// [kept](Transport::keep) once no canceller can abort it, if it may serve another call.
    pub(crate) fn post(
        &self,
        request: &Request<'_>,
        canceller: &Canceller,
    ) -> Result<(Option<Connection>, Response), Error> {
        if self.url().scheme == Scheme::Scgi {
            let connection = ScgiConnection::new(&self.endpoint);
            canceller.start(connection.abort_handle())?;
            return Ok((None, connection.post(request)?));
        }
        let idle = self.idle.take_latest();
        let mut connection = idle.unwrap_or_else(|| Connection::new(&self.endpoint));
        canceller.start(connection.abort_handle())?;
        let mut response = connection.post(request);
        if response.is_err() && connection.was_closed_by_server() {
            debug!("{}: a kept connection was closed", self.server());
            connection = Connection::new(&self.endpoint);
            canceller.start(connection.abort_handle())?;
            response = connection.post(request);
        }
        let response = response?;
        self.endpoint.has_answered.store(true, Relaxed);
        Ok((Some(connection), response))
    }

    /// Returns the error of a call that has ended. `is_silent` says that no byte of a response came:
    /// a server that has never answered, and has closed the connection so, is asked once whether it
    /// speaks TLS.
    #[cfg_attr(
        not(feature = "tls"),
        allow(unused_variables, reason = "nobody is asked")
    )]
    pub(crate) fn explained(&self, error: Error, is_silent: bool) -> Error {
        #[cfg(feature = "tls")]
        if matches!(error, Error::Interrupted { .. })
            && is_silent
            && !self.endpoint.has_answered.load(Relaxed)
            && self.url().scheme == Scheme::Http
            && let Some(address) = self.endpoint.route.direct_address()
            && *self
                .endpoint
                .speaks_tls
                .get_or_init(|| tls_probe::speaks_tls(address))
        {
            return Error::OtherProtocol {
                server: self.server().to_owned(),
                reason: other_protocol::IN_TLS,
            };
        }
        error
    }

    /// Keeps a connection for the next call, unless the options say otherwise.
    pub(crate) fn keep(&self, connection: Connection) {
        if self.options().keep_alive {
            self.idle.put(connection);
        }
    }

    /// Returns a transport to the address that a response redirects to, if it is a
    /// redirect that may be followed. Credentials, the caller's headers and the client's
    /// certificate stay with their scheme, host and port.
    pub(crate) fn redirect(&self, response: &Response) -> Result<Option<Self>, Error> {
        let location = response.location.as_deref();
        let target =
            location.and_then(|location| redirect::target(self.url(), response.status, location));
        let Some(mut target) = target else {
            return Ok(None);
        };
        debug!("{}: sent on to {}", self.server(), target.server());
        let mut options = self.options().clone();
        if target.origin() == self.url().origin() {
            target.credentials.clone_from(&self.url().credentials);
        } else {
            options.credentials = None;
            options.headers = Headers::default();
            #[cfg(feature = "tls")]
            {
                options.tls.identity = None;
            }
        }
        let endpoint = Endpoint::new(target, options)?;
        #[cfg(feature = "cookies")]
        let endpoint = endpoint.with_cookies_of(&self.endpoint);
        Ok(Some(Transport::from_endpoint(endpoint)))
    }

    /// Connects, through the HTTP proxy if there is one, and hangs up at once.
    pub(crate) fn check_reachable(&self) -> Result<(), Error> {
        let endpoint = &*self.endpoint;
        let timeout = endpoint.options.connect_timeout;
        let addresses = endpoint.route.lookup(timeout);
        let addresses = addresses.map_err(|source| endpoint.host_not_found(source))?;
        endpoint.route.check(&addresses, timeout).map_err(|source| {
            endpoint.route.forget();
            endpoint.unreachable(source)
        })
    }
}

#[cfg(test)]
mod tests;
