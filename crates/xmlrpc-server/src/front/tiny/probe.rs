//! The probe that notices when tiny_http's accept loop has died or a connection is stuck.
//!
//! - If the last descriptor goes to a connection and none is left to duplicate it, or
//!   there is no thread for it, the accept loop panics: no request comes any more, and
//!   tiny_http does not say so.
//! - Two connections that come within microseconds can both be given to the one idle
//!   thread. The second is served once some thread has finished with its own connection,
//!   which may be a silent one.
//!
//! So the front connects to itself twice a second. An answer shows that the loop lives, and
//! the thread that gave it takes up one connection that is stuck. After a burst of
//! connections there are as many visits as there may be stuck ones.

use std::convert::Infallible;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

/// The time between two visits, for which a connection may be stuck.
const INTERVAL: Duration = Duration::from_millis(500);

/// The time limit of a visit.
const TIMEOUT: Duration = Duration::from_millis(500);

/// The number of unanswered visits in a row after which the loop counts as dead.
const MAX_MISSES: usize = 2;

/// The most visits after one interval.
const MAX_VISITS: usize = 256;

/// The descriptors that a connection takes.
const DESCRIPTORS_PER_CONNECTION: usize = 2;

/// A thread that visits the front until this is dropped.
pub(crate) struct Probe {
    /// Ends the thread when it is dropped.
    _end: Sender<Infallible>,
}

impl Probe {
    /// Starts the thread. It calls `dead` if visits to `address` stay unanswered while
    /// `progress`, the count of requests, does not grow.
    pub(crate) fn start(
        address: SocketAddr,
        progress: impl Fn() -> usize + Send + 'static,
        dead: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let (end, ended) = bounded(0);
        thread::Builder::new()
            .name("xmlrpc-probe".to_owned())
            .spawn(move || visit_until_end(address, &ended, progress, dead))?;
        Ok(Probe { _end: end })
    }
}

fn visit_until_end(
    address: SocketAddr,
    ended: &Receiver<Infallible>,
    progress: impl Fn() -> usize,
    dead: impl Fn(),
) {
    let mut misses = 0;
    let mut before = progress();
    let mut lowest = visit(address).map_or(0, |visit| visit.descriptor);
    while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        let Some(seen) = visit(address) else {
            continue;
        };
        let now = progress();
        if seen.is_answered {
            misses = 0;
            let burst = seen.descriptor.saturating_sub(lowest) / DESCRIPTORS_PER_CONNECTION;
            lowest = seen.descriptor;
            // Stops early if no descriptor is left for a visit.
            (0..burst.min(MAX_VISITS)).all(|_| visit(address).is_some());
        } else if now == before {
            misses += 1;
        }
        before = now;
        if misses == MAX_MISSES {
            misses = 0;
            dead();
        }
    }
}

struct Visit {
    is_answered: bool,
    /// The descriptor of the visit: the lowest free one, which grows with the number of
    /// open connections.
    descriptor: usize,
}

/// Visits the front. Returns `None` if there is no descriptor for that, which tells nothing
/// about the front.
fn visit(address: SocketAddr) -> Option<Visit> {
    let mut stream = match TcpStream::connect_timeout(&address, TIMEOUT) {
        Ok(stream) => stream,
        Err(error) if error.kind() == ErrorKind::TimedOut => {
            return Some(Visit {
                is_answered: false,
                descriptor: 0,
            });
        }
        Err(_) => return None,
    };
    // tiny_http itself refuses an empty request line: no request, and no line in the access
    // log, comes of it.
    let answer = stream
        .set_read_timeout(Some(TIMEOUT))
        .and_then(|()| stream.write_all(b"\r\n"))
        .and_then(|()| stream.read(&mut [0]));
    Some(Visit {
        is_answered: answer.is_ok_and(|read| read > 0),
        descriptor: descriptor(&stream),
    })
}

#[cfg(unix)]
fn descriptor(stream: &TcpStream) -> usize {
    use std::os::fd::AsRawFd as _;

    usize::try_from(stream.as_raw_fd()).unwrap_or_default()
}

#[cfg(not(unix))]
fn descriptor(_: &TcpStream) -> usize {
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::sync::mpsc;

    #[test]
    fn a_listener_that_accepts_nobody_is_noticed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (noticed, notice) = mpsc::channel();
        let dead = move || {
            let _ = noticed.send(());
        };
        let _probe = Probe::start(address, || 0, dead).unwrap();
        notice.recv_timeout(Duration::from_secs(20)).unwrap();
    }
}
