//! The address that a server listens on.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};

use super::exit::Failure;

/// The socket addresses of `9000`, `host:9000`, `10.0.0.1:9000` or `[::1]:9000`; a port
/// alone is on loopback. The IPv4 ones come first, as the article's clients call them.
pub(crate) fn resolve(text: &str) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))]);
    }
    let bad = || {
        Failure::Argument(format!(
            "{text:?} is not an address to listen on: give a port (9000), or an address and \
             a port (localhost:9000), without http://"
        ))
    };
    let (host, port) = text.rsplit_once(':').ok_or_else(bad)?;
    if host.is_empty() || host.contains('/') || port.parse::<u16>().is_err() {
        return Err(bad());
    }
    let mut found: Vec<SocketAddr> = text
        .to_socket_addrs()
        .map_err(|error| {
            Failure::Argument(format!(
                "the name {host:?} does not resolve ({error}): give an address of this machine"
            ))
        })?
        .collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    Ok(found)
}

/// Listens on the first of the addresses that this machine has. One that is taken is a
/// failure, and not passed over: its clients would call the program that has it.
pub(crate) fn listen(addresses: &[SocketAddr]) -> Result<TcpListener, Failure> {
    let mut missing = None;
    for &address in addresses {
        match TcpListener::bind(address) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == ErrorKind::AddrNotAvailable => {
                missing = missing.or(Some((address, error)));
            }
            Err(error) => return Err(failure(address, &error)),
        }
    }
    Err(match missing {
        Some((address, error)) => failure(address, &error),
        None => Failure::Argument("the name resolves to no address".to_owned()),
    })
}

fn failure(address: SocketAddr, error: &io::Error) -> Failure {
    let remedy = match error.kind() {
        ErrorKind::AddrInUse => "another program listens there; end it, or choose another port",
        ErrorKind::PermissionDenied => "ports below 1024 are reserved; choose another port",
        ErrorKind::AddrNotAvailable => {
            "this machine has no such address; give one of its own, or 127.0.0.1"
        }
        _ => "choose another address or port",
    };
    Failure::Server(format!("can't listen on {address} ({error}): {remedy}"))
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
            let error = resolve(text).expect_err(text).to_string();
            assert!(error.contains("localhost:9000"), "{error}");
        }
    }

    #[test]
    fn a_busy_port_is_named_with_the_remedy() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = taken.local_addr().unwrap();
        // Not even where the name has another address that is free: `localhost`.
        let free = SocketAddr::from(([127, 0, 0, 2], taken.port()));
        let error = listen(&[taken, free]).unwrap_err().to_string();
        assert!(error.contains("another program listens there"), "{error}");
    }
}
