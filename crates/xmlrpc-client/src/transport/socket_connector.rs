//! The connector that ureq is given for sockets: tries the addresses of a host in turn, each for
//! its share of the time that is left, or a Unix socket.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use log::debug;
use ureq::unversioned::transport::{ConnectionDetails, Connector, ShutdownHandle};
use ureq::{Error, Timeout};

use crate::progress::CallProgress;
use crate::transport::agent_config::BUFFER_BYTES;
use crate::transport::keepalive::{AcknowledgementLimit, set_keepalive};
use crate::transport::route::Route;
use crate::transport::socket::Socket;
use crate::transport::stream::Stream;
use crate::transport::tunnel::Tunnel;

/// Connects to one of the host's addresses, and from an HTTP proxy to the server; or to a Unix
/// socket.
#[derive(Debug)]
pub(super) struct SocketConnector {
    route: Route,
    /// The silence after which the other side is asked whether it is there.
    keepalive: Option<Duration>,
    progress: Arc<CallProgress>,
}

impl SocketConnector {
    pub(super) fn new(
        route: Route,
        keepalive: Option<Duration>,
        progress: Arc<CallProgress>,
    ) -> Self {
        SocketConnector {
            route,
            keepalive,
            progress,
        }
    }

    /// Connects, to one of these addresses if it is not a Unix socket. `register` takes what shuts
    /// the socket down.
    pub(super) fn open(
        &self,
        addresses: &[SocketAddr],
        register: impl Fn(Weak<dyn ShutdownHandle>) -> Result<(), Error>,
    ) -> Result<Socket, Error> {
        let socket = match &self.route {
            Route::Tcp { tunnel, .. } => self.connect_tcp(addresses, tunnel.as_ref(), register),
            #[cfg(unix)]
            Route::Unix(path) => Stream::connect_unix(path, self.progress.time_left())
                .map_err(connect_error)
                .and_then(|stream| self.socket(stream, register)),
        }?;
        self.progress.set_new_socket();
        Ok(socket)
    }

    /// Tries the addresses in turn, each with an equal share of the time that is left.
    /// If all fail, the error is the one that says most: that of an address which exists
    /// and refuses, otherwise the first.
    fn connect_tcp(
        &self,
        addresses: &[SocketAddr],
        tunnel: Option<&Tunnel>,
        register: impl Fn(Weak<dyn ShutdownHandle>) -> Result<(), Error>,
    ) -> Result<Socket, Error> {
        let mut failure = None;
        for (tried, address) in addresses.iter().enumerate() {
            let share = self.progress.time_left() / (addresses.len() - tried) as u32;
            if share.is_zero() {
                break;
            }
            match Stream::connect(address, share) {
                Ok(stream) => {
                    if let Some(time) = self.keepalive {
                        // A system that lacks it leaves the call to its time-outs.
                        let _ = set_keepalive(&stream, time);
                    }
                    let socket = self.socket(stream, register)?;
                    if let Some(tunnel) = tunnel {
                        let opened = tunnel.open(socket.stream(), || self.progress.time_left());
                        opened.map_err(connect_error)?;
                    }
                    return Ok(socket);
                }
                Err(error) => {
                    debug!("{address}: {error}");
                    match error.kind() {
                        ErrorKind::ConnectionRefused => failure = Some(Error::Io(error)),
                        _ => failure = failure.or(Some(connect_error(error))),
                    }
                }
            }
        }
        Err(failure.unwrap_or(Error::Timeout(Timeout::Connect)))
    }

    /// Registers a stream before anything is waited for on it, so that a cancelled call does
    /// not wait. Fails if the call is cancelled already.
    fn socket(
        &self,
        stream: Stream,
        register: impl Fn(Weak<dyn ShutdownHandle>) -> Result<(), Error>,
    ) -> Result<Socket, Error> {
        let limit = AcknowledgementLimit::new(self.keepalive);
        let socket = Socket::new(stream, BUFFER_BYTES, limit, Arc::clone(&self.progress));
        register(socket.shutdown_handle())?;
        Ok(socket)
    }
}

impl Connector for SocketConnector {
    type Out = Socket;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        let register = |handle| (details.register_shutdown)(handle);
        self.open(&details.addrs, register).map(Some)
    }
}

/// Returns the error of a connection that was not made.
fn connect_error(error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::TimedOut => Error::Timeout(Timeout::Connect),
        _ => Error::Io(error),
    }
}
