//! TCP's keepalive: the system asks the other side of a silent connection if it is there. It does
//! not ask while a request is not acknowledged, so that this has a limit of its own.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use crate::transport::stream::Stream;

/// The bounds of keepalive's times, as Linux takes them.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(32_767);

/// The longest request that the other system acknowledges although its program reads nothing: it
/// fits into every receive buffer. The rest of a longer one may have to wait for a server that
/// serves one connection at a time, and the system would take that wait for a loss.
const ALWAYS_ACKNOWLEDGED: usize = 16 * 1024;

/// The limit on the time for which a request is not acknowledged.
#[derive(Debug)]
pub(super) struct AcknowledgementLimit {
    /// `None` if there is none.
    time: Option<Duration>,
    is_set: bool,
}

impl AcknowledgementLimit {
    /// Returns the limit of a connection with this keepalive: twice its time, as in a silence.
    pub(super) fn new(keepalive: Option<Duration>) -> Self {
        AcknowledgementLimit {
            time: keepalive.map(|time| time.clamp(SHORTEST, LONGEST) * 2),
            is_set: false,
        }
    }

    /// Sets the limit for a request of this many bytes, unless it is set already.
    pub(super) fn fit(&mut self, request_bytes: usize, stream: &Stream) {
        let Some(time) = self.time else { return };
        let is_wanted = request_bytes <= ALWAYS_ACKNOWLEDGED;
        if is_wanted == self.is_set {
            return;
        }
        let limit = if is_wanted { time } else { Duration::ZERO };
        // A system that lacks it leaves the call to its time-outs.
        let _ = match stream {
            Stream::Tcp(stream) => set_user_timeout(stream, limit),
            #[cfg(unix)]
            Stream::Unix(_) => Ok(()),
        };
        self.is_set = is_wanted;
    }
}

/// Has the system end a connection on which nothing was acknowledged for `time`. Zero leaves it to
/// the system, which tries for some 15 minutes.
fn set_user_timeout(stream: &TcpStream, time: Duration) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        let milliseconds = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        rustix::net::sockopt::set_tcp_user_timeout(stream, milliseconds)?;
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, time);
    Ok(())
}

/// Asks after `time` without a byte, and again three times, a third of it apart.
pub(super) fn set_keepalive(stream: &Stream, time: Duration) -> io::Result<()> {
    #[cfg(unix)]
    let Stream::Tcp(stream) = stream else {
        return Ok(());
    };
    #[cfg(unix)]
    {
        use rustix::net::sockopt::{
            set_socket_keepalive, set_tcp_keepcnt, set_tcp_keepidle, set_tcp_keepintvl,
        };

        const PROBES: u32 = 3;
        set_tcp_keepidle(stream, time.clamp(SHORTEST, LONGEST))?;
        set_tcp_keepintvl(stream, (time / PROBES).clamp(SHORTEST, LONGEST))?;
        set_tcp_keepcnt(stream, PROBES)?;
        set_socket_keepalive(stream, true)?;
    }
    #[cfg(not(unix))]
    let _ = (stream, time);
    Ok(())
}
