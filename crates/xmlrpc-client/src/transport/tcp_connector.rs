//! The connector that ureq is given for TCP: tries the addresses of a host in turn, each for its
//! share of the time that is left.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use log::debug;
use ureq::unversioned::transport::{ConnectionDetails, Connector};
use ureq::{Error, Timeout};

use crate::progress::CallProgress;
use crate::transport::socket::Socket;
use crate::transport::tunnel::Tunnel;

/// Connects to one of the host's addresses, and from an HTTP proxy to the server.
#[derive(Debug)]
pub(super) struct TcpConnector {
    /// The way on, where the host is a proxy.
    tunnel: Option<Tunnel>,
    /// The silence after which the other side is asked whether it is there.
    keepalive: Option<Duration>,
    progress: Arc<CallProgress>,
}

impl TcpConnector {
    pub(super) fn new(
        tunnel: Option<Tunnel>,
        keepalive: Option<Duration>,
        progress: Arc<CallProgress>,
    ) -> Self {
        TcpConnector {
            tunnel,
            keepalive,
            progress,
        }
    }
}

impl Connector for TcpConnector {
    type Out = Socket;

    /// Tries the addresses in turn, each with an equal share of the time that is left.
    /// If all fail, the error is the one that says most: that of an address which exists
    /// and refuses, otherwise the first.
    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        let buffer_bytes = details.config.output_buffer_size();
        let mut failure = None;
        for (tried, address) in details.addrs.iter().enumerate() {
            let share = self.progress.time_left() / (details.addrs.len() - tried) as u32;
            if share.is_zero() {
                break;
            }
            let progress = Arc::clone(&self.progress);
            match Socket::connect(address, share, self.keepalive, buffer_bytes, progress) {
                Ok(socket) => {
                    // Before anything is waited for on the socket, so that a cancelled
                    // call does not wait. Fails if the call is cancelled already.
                    (details.register_shutdown)(socket.shutdown_handle())?;
                    if let Some(tunnel) = &self.tunnel {
                        let opened = tunnel.open(socket.stream(), || self.progress.time_left());
                        opened.map_err(|error| match error.kind() {
                            ErrorKind::TimedOut => Error::Timeout(Timeout::Connect),
                            _ => Error::Io(error),
                        })?;
                    }
                    self.progress.set_new_socket();
                    return Ok(Some(socket));
                }
                Err(error) => {
                    debug!("{address}: {error}");
                    match error.kind() {
                        ErrorKind::ConnectionRefused => failure = Some(Error::Io(error)),
                        ErrorKind::TimedOut => {
                            failure = failure.or(Some(Error::Timeout(Timeout::Connect)));
                        }
                        _ => failure = failure.or(Some(Error::Io(error))),
                    }
                }
            }
        }
        Err(failure.unwrap_or(Error::Timeout(Timeout::Connect)))
    }
}
