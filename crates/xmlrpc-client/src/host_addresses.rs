//! The addresses of one host.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::url::Host;

type Lookup = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// The addresses of one host: known at once for an IP address and for `localhost`; for
/// another name looked up once, and kept until they are
/// [forgotten](HostAddresses::forget). Clones share what is known.
#[derive(Clone)]
pub(crate) struct HostAddresses {
    host: Host,
    port: u16,
    /// The addresses never change, and are never looked up.
    is_fixed: bool,
    /// Empty until a lookup has succeeded, and again once they are forgotten.
    known: Arc<Mutex<Vec<SocketAddr>>>,
    /// The system's resolver.
    resolve: Arc<Lookup>,
}

impl HostAddresses {
    pub(crate) fn new(host: Host, port: u16) -> Self {
        HostAddresses::with_lookup(host, port, |name, port| {
            (name, port).to_socket_addrs().map(Iterator::collect)
        })
    }

    pub(crate) fn with_lookup(
        host: Host,
        port: u16,
        lookup: impl Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> Self {
        let at = |ip: IpAddr| SocketAddr::new(ip, port);
        let known = match &host {
            Host::Ip(ip) => vec![at(*ip)],
            // RFC 6761, 6.3: always loopback. IPv4 first, since the article's servers
            // listen there; a loopback address that refuses does so at once.
            Host::Name(name) if name.trim_end_matches('.') == "localhost" => {
                vec![
                    at(Ipv4Addr::LOCALHOST.into()),
                    at(Ipv6Addr::LOCALHOST.into()),
                ]
            }
            Host::Name(_) | Host::Scoped(..) | Host::Unix(_) => Vec::new(),
        };
        HostAddresses {
            is_fixed: !known.is_empty(),
            host,
            port,
            known: Arc::new(Mutex::new(known)),
            resolve: Arc::new(lookup),
        }
    }

    /// Returns the addresses, at least one. A lookup may take as long as `timeout`.
    ///
    /// A lookup runs in a thread of its own, since the system's resolver takes no
    /// time-out. One that comes too late for its call still serves the next.
    pub(crate) fn lookup(&self, timeout: Duration) -> io::Result<Vec<SocketAddr>> {
        let known = self.known().clone();
        let name = match &self.host {
            Host::Name(name) if known.is_empty() => name.clone(),
            // The system knows the numbers of interfaces.
            Host::Scoped(ip, zone) if known.is_empty() => format!("{ip}%{zone}"),
            _ => return Ok(known),
        };
        let (host, (done, result)) = (self.clone(), mpsc::sync_channel(1));
        thread::Builder::new()
            .name("lookup".to_owned())
            .spawn(move || {
                let found = (host.resolve)(&name, host.port);
                if let Ok(addresses) = &found {
                    host.known().clone_from(addresses);
                }
                // The call may have given up.
                let _ = done.send(found);
            })?;
        let fail = |kind, text| Err(io::Error::new(kind, text));
        match result.recv_timeout(timeout) {
            Ok(Ok(found)) if found.is_empty() => {
                fail(ErrorKind::NotFound, "the name has no address")
            }
            Ok(found) => found,
            Err(RecvTimeoutError::Timeout) => {
                fail(ErrorKind::TimedOut, "no answer from the name service")
            }
            // The thread panicked.
            Err(RecvTimeoutError::Disconnected) => fail(ErrorKind::Other, "the lookup broke off"),
        }
    }

    /// Makes the next call look the name up again, since nothing answers at its addresses.
    pub(crate) fn forget(&self) {
        if !self.is_fixed {
            self.known().clear();
        }
    }

    fn known(&self) -> MutexGuard<'_, Vec<SocketAddr>> {
        // Each change is one assignment: a poisoned list is whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for HostAddresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostAddresses")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("known", &self.known())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const BOUND: Duration = Duration::from_secs(10);

    fn name(text: &str) -> Host {
        Host::Name(text.to_owned())
    }

    #[test]
    fn addresses_and_localhost_are_not_looked_up() {
        for (host, expected) in [
            (Host::Ip([10, 0, 0, 1].into()), &["10.0.0.1:7"][..]),
            (Host::Ip(Ipv6Addr::LOCALHOST.into()), &["[::1]:7"]),
            (name("localhost"), &["127.0.0.1:7", "[::1]:7"]),
            (name("localhost."), &["127.0.0.1:7", "[::1]:7"]),
        ] {
            let addresses =
                HostAddresses::with_lookup(host, 7, |name, _| panic!("looked up {name}"));
            addresses.forget();
            let found = addresses.lookup(Duration::ZERO).unwrap();
            let found: Vec<_> = found.iter().map(SocketAddr::to_string).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_name_is_looked_up_once_until_it_is_forgotten() {
        let count = AtomicUsize::new(0);
        let addresses = HostAddresses::with_lookup(name("a"), 7, move |name, port| {
            assert_eq!((name, port), ("a", 7));
            let n = count.fetch_add(1, Ordering::Relaxed);
            Ok(vec![SocketAddr::from(([10, 0, 0, n as u8], port))])
        });
        let found = || addresses.lookup(BOUND).unwrap()[0].to_string();
        assert_eq!([found(), found()], ["10.0.0.0:7", "10.0.0.0:7"]);
        addresses.forget();
        assert_eq!([found(), found()], ["10.0.0.1:7", "10.0.0.1:7"]);
    }

    #[test]
    fn a_lookup_that_fails_is_tried_again() {
        let count = AtomicUsize::new(0);
        let addresses = HostAddresses::with_lookup(name("a"), 7, move |_, port| {
            match count.fetch_add(1, Ordering::Relaxed) {
                0 => Err(io::Error::other("no such host")),
                1 => Ok(Vec::new()),
                _ => Ok(vec![SocketAddr::from(([10, 0, 0, 1], port))]),
            }
        });
        let text = || addresses.lookup(BOUND).unwrap_err().to_string();
        assert_eq!(
            [text(), text()],
            ["no such host", "the name has no address"]
        );
        assert_eq!(addresses.lookup(BOUND).unwrap().len(), 1);
    }

    #[test]
    fn a_late_lookup_serves_the_next_call() {
        let (go, gate) = mpsc::channel();
        let gate = Mutex::new(gate);
        let addresses = HostAddresses::with_lookup(name("a"), 7, move |_, port| {
            gate.lock().unwrap().recv().unwrap();
            Ok(vec![SocketAddr::from(([10, 0, 0, 1], port))])
        });
        let late = addresses.lookup(Duration::from_millis(10)).unwrap_err();
        assert_eq!(late.kind(), ErrorKind::TimedOut);
        // One for the lookup that runs, one for the second if that comes first.
        go.send(()).unwrap();
        go.send(()).unwrap();
        assert_eq!(addresses.lookup(BOUND).unwrap().len(), 1);
    }
}
