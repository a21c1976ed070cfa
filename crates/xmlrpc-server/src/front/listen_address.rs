//! The address on which a server listens.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The address on which a server listens: one of TCP, or the path of a Unix socket.
///
/// Its text is `127.0.0.1:9000` or `unix:/run/server.sock`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListenAddress {
    /// An address of TCP.
    Tcp(SocketAddr),
    /// The path of a Unix socket; empty for a socket without one.
    Unix(PathBuf),
}

impl ListenAddress {
    /// Returns whether other machines can reach the address: it is neither a loopback address
    /// nor a Unix socket's.
    pub fn is_open(&self) -> bool {
        match self {
            ListenAddress::Tcp(address) => !address.ip().to_canonical().is_loopback(),
            ListenAddress::Unix(_) => false,
        }
    }

    /// Returns the URL by which clients call the server, where it speaks TLS if `is_tls`:
    /// `http://127.0.0.1:9000`, or the address itself of a Unix socket.
    pub fn url(&self, is_tls: bool) -> String {
        match self {
            ListenAddress::Tcp(address) if is_tls => format!("https://{address}"),
            ListenAddress::Tcp(address) => format!("http://{address}"),
            ListenAddress::Unix(_) => self.to_string(),
        }
    }

    /// Returns the address of TCP, if it is one.
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            ListenAddress::Tcp(address) => Some(*address),
            ListenAddress::Unix(_) => None,
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenAddress::Tcp(address) => write!(f, "{address}"),
            ListenAddress::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_url_and_open_or_not() {
        for (address, is_open, url) in [
            ("127.0.0.1:9", false, "http://127.0.0.1:9"),
            ("[::1]:9", false, "http://[::1]:9"),
            ("[::ffff:127.0.0.1]:9", false, "http://[::ffff:127.0.0.1]:9"),
            ("0.0.0.0:9", true, "http://0.0.0.0:9"),
        ] {
            let address = ListenAddress::Tcp(address.parse().unwrap());
            assert_eq!(address.is_open(), is_open, "{address}");
            assert_eq!(address.url(false), url);
            assert_eq!(address.url(true), url.replace("http", "https"));
            assert_eq!(address.tcp().unwrap().to_string(), address.to_string());
        }
        let address = ListenAddress::Unix("/run/x.sock".into());
        assert!(!address.is_open());
        assert_eq!(address.url(false), "unix:/run/x.sock");
        assert_eq!(address.tcp(), None);
    }
}
