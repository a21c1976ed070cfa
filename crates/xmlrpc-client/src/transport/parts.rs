//! What ureq is given: our resolver, our connector, our watch on its connections.

use std::io;
use std::sync::Arc;

use log::debug;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
#[cfg(feature = "tls")]
use ureq::unversioned::transport::RustlsConnector;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, TcpConnector, Transport, time,
};
use ureq::{Error, Timeout};

use crate::Phase;
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
    tcp: TcpConnector,
    gauge: Arc<Gauge>,
}

impl Dial {
    pub(super) fn new(gauge: Arc<Gauge>) -> Self {
        let tcp = TcpConnector::default();
        Dial { tcp, gauge }
    }
}

impl Connector for Dial {
    type Out = Watched<<TcpConnector as Connector>::Out>;

    /// Tries the addresses in turn, each with an equal share of the time that is left.
    /// If all fail, the error is the one that tells most: that of an address which is
    /// there and refuses, else the first.
    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        let mut failure = None;
        for (tried, address) in details.addrs.iter().enumerate() {
            let share = self.gauge.left() / (details.addrs.len() - tried) as u32;
            if share.is_zero() {
                break;
            }
            let mut addrs = details.resolver.empty();
            addrs.push(*address);
            let one = ConnectionDetails {
                uri: details.uri,
                addrs,
                config: details.config,
                request_level: details.request_level,
                resolver: details.resolver,
                now: (details.current_time)(),
                timeout: NextTimeout {
                    after: time::Duration::Exact(share),
                    ..details.timeout
                },
                current_time: Arc::clone(&details.current_time),
                run_connector: Arc::clone(&details.run_connector),
                register_shutdown: Arc::clone(&details.register_shutdown),
            };
            match self.tcp.connect(&one, None) {
                Ok(Some(inner)) => {
                    self.gauge.connected();
                    let gauge = Arc::clone(&self.gauge);
                    return Ok(Some(Watched { inner, gauge }));
                }
                Ok(None) => {}
                Err(error) => {
                    debug!("{address}: {error}");
                    match io_kind(&error) {
                        // The agent was shut down: the call was cancelled.
                        Some(io::ErrorKind::NotConnected) => return Err(error),
                        Some(io::ErrorKind::ConnectionRefused) => failure = Some(error),
                        _ => failure = failure.or(Some(error)),
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

/// A connection that keeps the gauge of its line.
#[derive(Debug)]
pub(super) struct Watched<T> {
    inner: T,
    gauge: Arc<Gauge>,
}

impl<T: Transport> Transport for Watched<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    /// A server may answer before it has taken the whole request, to refuse it, and hang
    /// up: so a broken pipe is not yet a failure, for the answer may be there to read.
    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if self.gauge.is_broken() {
            return Ok(());
        }
        self.gauge.enter(Phase::Send);
        let sent = self
            .inner
            .transmit_output(amount, narrowed(&self.gauge, timeout)?);
        match sent.as_ref().err().and_then(io_kind) {
            Some(
                io::ErrorKind::BrokenPipe
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted,
            ) => {
                self.gauge.broke();
                Ok(())
            }
            _ => sent,
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.gauge.enter(Phase::Answer);
        self.inner.await_input(narrowed(&self.gauge, timeout)?)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }
}

/// Takes `timeout` down to what is left of the call's phase.
fn narrowed(gauge: &Gauge, timeout: NextTimeout) -> Result<NextTimeout, Error> {
    let left = gauge.left();
    if left.is_zero() {
        return Err(Error::Timeout(timeout.reason));
    }
    Ok(NextTimeout {
        after: time::Duration::Exact((*timeout.after).min(left)),
        ..timeout
    })
}

fn io_kind(error: &Error) -> Option<io::ErrorKind> {
    match error {
        Error::Io(error) => Some(error.kind()),
        _ => None,
    }
}
