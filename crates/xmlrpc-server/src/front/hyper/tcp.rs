//! The options of a TCP connection.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

/// Has the system ask the client whether it is there: after `time` without a byte, and again
/// three times, a third of it apart.
pub(crate) fn set_keepalive(stream: &TcpStream, time: Duration) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::net::sockopt::{
            set_socket_keepalive, set_tcp_keepcnt, set_tcp_keepidle, set_tcp_keepintvl,
        };

        const PROBES: u32 = 3;
        // The longest that Linux takes is 32,767 s.
        let bounds = (Duration::from_secs(1), Duration::from_secs(32_767));
        set_tcp_keepidle(stream, time.clamp(bounds.0, bounds.1))?;
        set_tcp_keepintvl(stream, (time / PROBES).clamp(bounds.0, bounds.1))?;
        set_tcp_keepcnt(stream, PROBES)?;
        set_socket_keepalive(stream, true)?;
    }
    #[cfg(not(unix))]
    let _ = (stream, time);
    Ok(())
}

/// Acknowledges what has come, at once.
pub(crate) fn acknowledge(stream: &TcpStream) {
    #[cfg(target_os = "linux")]
    // If this fails, the request is only slower.
    let _ = rustix::net::sockopt::set_tcp_quickack(stream, true);
    #[cfg(not(target_os = "linux"))]
    let _ = stream;
}
