//! Listening on an address as a person writes it.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};

use crate::error::Error;

/// Listens on `9000`, `host:9000`, `10.0.0.1:9000` or `[::1]:9000`. A port alone is one of
/// 127.0.0.1, and for port 0 the system chooses one.
///
/// If a name has several addresses, this listens on the first one that this machine has;
/// IPv4 comes before IPv6, since most clients call that first. If another program listens on
/// that one, this is an error, and the next is not tried: the clients would call that program.
///
/// ```
/// let listener = xmlrpc_server::front::listen("localhost:0")?;
/// assert!(listener.local_addr().unwrap().ip().is_loopback());
/// # Ok::<(), xmlrpc_server::Error>(())
/// ```
///
/// [`Listener::bind`](crate::front::Listener::bind) takes Unix sockets too.
///
/// # Errors
///
/// [`Error::BadAddress`] and [`Error::CantListen`].
pub fn listen(address: &str) -> Result<TcpListener, Error> {
    listen_on(&resolve(address)?)
}

fn resolve(text: &str) -> Result<Vec<SocketAddr>, Error> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))]);
    }
    let bad = |reason: String| Error::BadAddress {
        address: text.to_owned(),
        reason,
    };
    let (host, port) = text.rsplit_once(':').unwrap_or_default();
    if host.is_empty() || host.contains('/') || port.parse::<u16>().is_err() {
        return Err(bad(
            "give a port (9000), or an address and a port (localhost:9000), without http://"
                .to_owned(),
        ));
    }
    let found = text.to_socket_addrs().map_err(|error| {
        bad(format!(
            "its name does not resolve ({error}): give an address of this machine"
        ))
    })?;
    let mut found: Vec<SocketAddr> = found.collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    match found.is_empty() {
        true => Err(bad("its name resolves to no address".to_owned())),
        false => Ok(found),
    }
}

fn listen_on(addresses: &[SocketAddr]) -> Result<TcpListener, Error> {
    let mut missing = None;
    for &address in addresses {
        let cant = |source| Error::CantListen { address, source };
        match TcpListener::bind(address) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == ErrorKind::AddrNotAvailable => {
                missing = missing.or(Some(cant(error)));
            }
            Err(error) => return Err(cant(error)),
        }
    }
    // `resolve` returns at least one.
    Err(missing.unwrap_or_else(|| Error::BadAddress {
        address: String::new(),
        reason: "no address was given".to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_on_loopback_and_localhost_is_ipv4_first() {
        for text in ["9000", "127.0.0.1:9000", "localhost:9000"] {
            assert_eq!(
                resolve(text).expect(text).first().map(ToString::to_string),
                Some("127.0.0.1:9000".to_owned()),
                "{text}"
            );
        }
        assert_eq!(
            resolve("[::1]:9000").unwrap(),
            [SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 9000))]
        );
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_right_form() {
        for text in [
            "",
            "x",
            "70000",
            "-1",
            ":9000",
            "localhost:",
            "localhost:x",
            "localhost:70000",
            "http://localhost:9000",
        ] {
            let error = listen(text).expect_err(text).to_string();
            assert!(error.contains("localhost:9000"), "{error}");
        }
    }

    #[test]
    fn a_busy_port_is_named_with_the_remedy() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = taken.local_addr().unwrap();
        // Not even where the name has another address that is free: `localhost`.
        let free = SocketAddr::from(([127, 0, 0, 2], taken.port()));
        let error = listen_on(&[taken, free]).unwrap_err().to_string();
        assert!(error.contains("another program listens there"), "{error}");
    }
}
