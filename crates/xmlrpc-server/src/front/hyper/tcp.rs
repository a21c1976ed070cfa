//! What a stream has below it.

use tokio::net::TcpStream;

/// A stream over a TCP connection.
pub(super) trait Tcp {
    fn tcp(&self) -> &TcpStream;

    /// Acknowledges what has come, at once. A client that writes a request in pieces may
    /// hold the last of them back until those before are acknowledged (Nagle's algorithm),
    /// for which the system would take 40 ms and more.
    fn acknowledge(&self) {
        #[cfg(target_os = "linux")]
        // Where it can't be done, it is only slower.
        let _ = rustix::net::sockopt::set_tcp_quickack(self.tcp(), true);
    }
}

impl Tcp for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

#[cfg(feature = "tls")]
impl Tcp for tokio_rustls::server::TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}
