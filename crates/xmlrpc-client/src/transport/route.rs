//! The route to a server: what is connected to.

use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::host_addresses::HostAddresses;
use crate::options::Options;
use crate::transport::stream::Stream;
use crate::transport::tunnel::Tunnel;
use crate::url::{Host, ServerUrl};

/// Time in which a forwarder closes a connection whose server is away.
const AT_ONCE: Duration = Duration::from_millis(200);

/// The socket that a connection begins with. Clones share the addresses that are known.
#[derive(Debug, Clone)]
pub(super) enum Route {
    /// TCP to one of a host's addresses.
    Tcp {
        /// The addresses of the server, or of its HTTP proxy.
        addresses: HostAddresses,
        /// The way on from the HTTP proxy, if there is one.
        tunnel: Option<Tunnel>,
    },
    /// A socket on this machine. No proxy leads there.
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Route {
    pub(super) fn new(url: &ServerUrl, options: &Options) -> Self {
        match (&url.host, &options.proxy) {
            #[cfg(unix)]
            (Host::Unix(path), _) => Route::Unix(path.into()),
            (host, None) => Route::Tcp {
                addresses: HostAddresses::new(host.clone(), url.port),
                tunnel: None,
            },
            (_, Some(proxy)) => Route::Tcp {
                addresses: HostAddresses::new(proxy.host().clone(), proxy.port()),
                tunnel: Some(Tunnel::new(proxy, &url.server(), &options.user_agent)),
            },
        }
    }

    /// Returns the addresses to try: at least one for TCP, none for a Unix socket. A lookup may
    /// take as long as `timeout`.
    pub(super) fn lookup(&self, timeout: Duration) -> io::Result<Vec<SocketAddr>> {
        match self {
            Route::Tcp { addresses, .. } => addresses.lookup(timeout),
            #[cfg(unix)]
            Route::Unix(_) => Ok(Vec::new()),
        }
    }

    /// Returns an address of the server itself, if it is known and no proxy leads there.
    #[cfg(feature = "tls")]
    pub(super) fn direct_address(&self) -> Option<SocketAddr> {
        match self {
            Route::Tcp {
                addresses,
                tunnel: None,
            } => addresses.lookup(Duration::ZERO).ok()?.first().copied(),
            _ => None,
        }
    }

    /// Makes the next call look the host up again, since nothing answers at its addresses.
    pub(super) fn forget(&self) {
        match self {
            Route::Tcp { addresses, .. } => addresses.forget(),
            #[cfg(unix)]
            Route::Unix(_) => {}
        }
    }

    /// Connects, from one of these addresses on, and hangs up soon. Fails if the other side does
    /// that first, before it was asked anything.
    pub(super) fn check(&self, addresses: &[SocketAddr], timeout: Duration) -> io::Result<()> {
        let tunnel = match self {
            Route::Tcp { tunnel, .. } => tunnel.as_ref(),
            #[cfg(unix)]
            Route::Unix(path) => return stays_open(&Stream::connect_unix(path, timeout)?),
        };
        let mut failure = io::Error::from(io::ErrorKind::NotFound);
        for address in addresses {
            let end = Instant::now() + timeout;
            let connected = Stream::connect(address, timeout).and_then(|stream| {
                let time_left = || end.saturating_duration_since(Instant::now());
                tunnel.map_or(Ok(()), |tunnel| tunnel.open(&stream, time_left))?;
                stays_open(&stream)
            });
            match connected {
                Ok(()) => return Ok(()),
                // Where nothing listens at one of the addresses, another one may say more.
                Err(_) if failure.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

/// Returns an error if the other side closes this new connection at once: a forwarder does,
/// such as ssh's, whose server is away.
fn stays_open(stream: &Stream) -> io::Result<()> {
    match stream.closes_within(AT_ONCE)? {
        true => Err(io::Error::new(
            io::ErrorKind::ConnectionAborted,
            "each connection is closed at once: the server behind this address may be away",
        )),
        false => Ok(()),
    }
}
