//! What ureq is given: our resolver, our connector, our watch on its connections.

use std::io::ErrorKind;
use std::sync::Arc;

use log::debug;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout};
#[cfg(feature = "tls")]
use ureq::unversioned::transport::{RustlsConnector, Transport};
use ureq::{Error, Timeout};

use super::socket::Socket;
use super::tunnel::Tunnel;
use crate::host_addresses::HostAddresses;
use crate::progress::CallProgress;

/// Gives ureq the addresses of the one host that its agent calls.
#[derive(Debug)]
pub(super) struct AddressResolver {
    names: HostAddresses,
    progress: Arc<CallProgress>,
}

impl AddressResolver {
    pub(super) fn new(names: HostAddresses, progress: Arc<CallProgress>) -> Self {
        AddressResolver { names, progress }
    }
}

impl Resolver for AddressResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.names.addresses(self.progress.left());
        let mut addresses = self.empty();
        // ureq's list has room for 16.
        for address in found
            .map_err(|e| Error::Other(Box::new(e)))?
            .iter()
            .take(16)
        {
            addresses.push(*address);
        }
        Ok(addresses)
    }
}

/// Connects to one of the host's addresses.
#[derive(Debug)]
pub(super) struct TcpConnector {
    progress: Arc<CallProgress>,
    /// Where the host is a proxy.
    tunnel: Option<Tunnel>,
}

impl TcpConnector {
    pub(super) fn new(progress: Arc<CallProgress>, tunnel: Option<Tunnel>) -> Self {
        TcpConnector { progress, tunnel }
    }
}

impl Connector for TcpConnector {
    type Out = Socket;

    /// Tries the addresses in turn, each with an equal share of the time that is left.
    /// If all fail, the error is the one that tells most: that of an address which is
    /// there and refuses, else the first.
    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        let buffer = details.config.output_buffer_size();
        let mut failure = None;
        for (tried, address) in details.addrs.iter().enumerate() {
            let share = self.progress.left() / (details.addrs.len() - tried) as u32;
            if share.is_zero() {
                break;
            }
            match Socket::connect(address, share, buffer, Arc::clone(&self.progress)) {
                Ok(wire) => {
                    // Fails where the agent was shut down: the call was cancelled.
                    (details.register_shutdown)(wire.handle())?;
                    if let Some(tunnel) = &self.tunnel {
                        let opened = tunnel.open(wire.stream(), || self.progress.left());
                        opened.map_err(|error| match error.kind() {
                            ErrorKind::TimedOut => Error::Timeout(Timeout::Connect),
                            _ => Error::Io(error),
                        })?;
                    }
                    self.progress.connected();
                    return Ok(Some(wire));
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

/// Lays TLS over a connection, as a part of connecting.
#[cfg(feature = "tls")]
#[derive(Debug)]
pub(super) struct TlsConnector {
    tls: RustlsConnector,
    progress: Arc<CallProgress>,
}

#[cfg(feature = "tls")]
impl TlsConnector {
    pub(super) fn new(progress: Arc<CallProgress>) -> Self {
        let tls = RustlsConnector::default();
        TlsConnector { tls, progress }
    }
}

#[cfg(feature = "tls")]
impl<In: Transport> Connector<In> for TlsConnector {
    type Out = <RustlsConnector as Connector<In>>::Out;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        self.progress.set_connecting(true);
        let connected = self.tls.connect(details, chained);
        self.progress.set_connecting(connected.is_err());
        connected
    }
}
