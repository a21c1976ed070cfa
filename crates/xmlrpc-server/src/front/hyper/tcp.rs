//! The TCP connection under a stream.

use tokio::net::TcpStream;

/// A stream over a TCP connection.
pub(crate) trait OverTcp {
    /// Returns the connection under the stream.
    fn tcp(&self) -> &TcpStream;

    /// Acknowledges what has come, at once.
    ///
    /// A client that writes a request in pieces may hold the last one back until those
    /// before are acknowledged (Nagle's algorithm), for which the system would take 40 ms and
    /// more.
    fn acknowledge(&self) {
        #[cfg(target_os = "linux")]
        // If this fails, the request is only slower.
        let _ = rustix::net::sockopt::set_tcp_quickack(self.tcp(), true);
    }
}

impl OverTcp for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

#[cfg(feature = "tls")]
impl OverTcp for tokio_rustls::server::TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}
