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

use super::tunnel::Tunnel;
use super::wire::Wire;
use crate::gauge::Gauge;
use crate::names::Names;

/// Gives ureq the addresses of the one host that its agent calls.
#[derive(Debug)]
pub(super) struct Resolve {
    names: Names,
    gauge: Arc<Gauge>,
}

impl Resolve {
    pub(super) fn new(names: Names, gauge: Arc<Gauge>) -> Self {
        Resolve { names, gauge }
    }
}

impl Resolver for Resolve {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.names.addresses(self.gauge.left());
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
pub(super) struct Dial {
    gauge: Arc<Gauge>,
    /// Where the host is a proxy.
    tunnel: Option<Tunnel>,
}

impl Dial {
    pub(super) fn new(gauge: Arc<Gauge>, tunnel: Option<Tunnel>) -> Self {
        Dial { gauge, tunnel }
    }
}

impl Connector for Dial {
    type Out = Wire;

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
            let share = self.gauge.left() / (details.addrs.len() - tried) as u32;
            if share.is_zero() {
                break;
            }
            match Wire::connect(address, share, buffer, Arc::clone(&self.gauge)) {
                Ok(wire) => {
                    // Fails where the agent was shut down: the call was cancelled.
                    (details.register_shutdown)(wire.handle())?;
                    if let Some(tunnel) = &self.tunnel {
                        let opened = tunnel.open(wire.stream(), || self.gauge.left());
                        opened.map_err(|error| match error.kind() {
                            ErrorKind::TimedOut => Error::Timeout(Timeout::Connect),
                            _ => Error::Io(error),
                        })?;
                    }
                    self.gauge.connected();
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
pub(super) struct Secure {
    tls: RustlsConnector,
    gauge: Arc<Gauge>,
}

#[cfg(feature = "tls")]
impl Secure {
    pub(super) fn new(gauge: Arc<Gauge>) -> Self {
        let tls = RustlsConnector::default();
        Secure { tls, gauge }
    }
}

#[cfg(feature = "tls")]
impl<In: Transport> Connector<In> for Secure {
    type Out = <RustlsConnector as Connector<In>>::Out;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        self.gauge.set_connecting(true);
        let connected = self.tls.connect(details, chained);
        self.gauge.set_connecting(connected.is_err());
        connected
    }
}
