//! The proxy of a server: the type through which its functions are called.

use xmlrpc_wire::{FromValue, IntoParams};

use crate::attempt::Attempt;
use crate::error::Error;
use crate::multicall::Multicall;
use crate::options::Options;
use crate::transport::Transport;
use crate::url::ServerUrl;

/// A server whose functions can be called.
///
/// It can be shared between threads. Calls that are made at the same time each have a
/// connection of their own. A connection that the server keeps open serves the next call,
/// if that comes within a second.
///
/// A call is sent once. The exception is a kept connection that turns out to be closed
/// before it has taken the whole request: that request is sent again, on a new connection.
/// A call that may have run is never repeated.
#[derive(Debug)]
pub struct ServerProxy {
    transport: Transport,
}

impl ServerProxy {
    /// Returns a proxy for the server at `url`, with the default [`Options`]. Nothing is
    /// sent yet.
    ///
    /// An address is `http://host:port/path`, `host:port` or `host`, or begins with
    /// `https://` (feature `tls`). Where they are not given, the port is 80, or 443 for
    /// `https://`, and the path is `/RPC2`, as in Python's xmlrpclib. An IPv6 address goes
    /// into brackets. The [credentials](Options::credentials) that a server asks for may
    /// stand before the host, percent-encoded: `http://user:password@host`.
    ///
    /// `unix:/socket` is a Unix socket on this machine. `scgi://host:port` and
    /// `scgi+unix:/socket` are servers that speak SCGI.
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
    /// [`Error::BadOption`], and [`Error::DuplicateCredentials`] where the server's
    /// address and the options both have credentials.
    pub fn with_options(&self, options: Options) -> Result<Self, Error> {
        ServerProxy::from_parts(self.transport.url().clone(), options)
    }

    pub(crate) fn from_parts(url: ServerUrl, options: Options) -> Result<Self, Error> {
        let transport = Transport::new(url, options)?;
        Ok(ServerProxy { transport })
    }

    /// Returns the options.
    #[must_use]
    pub fn options(&self) -> &Options {
        self.transport.options()
    }

    /// Returns the server as `host:port`, its name in logs and errors.
    #[must_use]
    pub fn server(&self) -> &str {
        self.transport.server()
    }

    /// Returns whether calls show a token or a password to the network: they have one, travel
    /// over plain HTTP, and go to another machine.
    #[must_use]
    pub fn exposes_credentials(&self) -> bool {
        let url = self.transport.url();
        let has_credentials = self.options().credentials.is_some() || url.credentials.is_some();
        has_credentials && !url.scheme.is_secure() && !url.host.is_loopback()
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
    /// Any [`Error`] except those of [`new`](ServerProxy::new) and
    /// [`Cancelled`](Error::Cancelled).
    pub fn call<R: FromValue>(&self, method: &str, params: impl IntoParams) -> Result<R, Error> {
        self.attempt().call(method, params)
    }

    /// Returns one call to be made, which can be cancelled and can have a deadline.
    pub fn attempt(&self) -> Attempt<'_> {
        Attempt::new(&self.transport)
    }

    /// Returns an empty list of calls to be made in one request.
    pub fn multicall(&self) -> Multicall<'_> {
        Multicall::new(&self.transport)
    }

    /// Connects to the server, through the HTTP proxy if there is one, and hangs up. The
    /// lookup of the name and each address that it has may take
    /// [`connect_timeout`](Options::connect_timeout), and 0.2 s more: something that closes the
    /// connection in that time, before it was asked anything, stands in for a server that is
    /// away.
    ///
    /// # Errors
    ///
    /// [`Error::Unreachable`], [`Error::HostNotFound`] or [`Error::ProxyRefused`]. Where the
    /// connection was closed at once, the source of `Unreachable` is an
    /// [`io::ErrorKind::ConnectionAborted`](std::io::ErrorKind::ConnectionAborted).
    pub fn check_reachable(&self) -> Result<(), Error> {
        self.transport.check_reachable()
    }
}
