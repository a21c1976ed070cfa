//! TCP's keepalive: the system asks the other side of a silent connection if it is there.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

/// Asks after `time` without a byte, and again three times, a third of it apart.
pub(super) fn set_keepalive(stream: &TcpStream, time: Duration) -> io::Result<()> {
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
