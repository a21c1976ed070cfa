//! Keeps tiny_http's threads going, and notices when they have died without a word.
//!
//! - Where the last descriptor goes to a connection and none is left to duplicate it, or
//!   no thread can be had for it, the accept loop panics: no request comes any more, and
//!   nothing tells so.
//! - Of two connections that come within microseconds, both can be given to the one
//!   thread that is idle; the second is served once some thread has finished with its
//!   own, which may be a silent one's.
//!
//! So the front visits itself twice a second. An answer shows that the loop lives, and
//! the thread that gave it takes up one connection that has been left lying. After a
//! burst of connections there are as many visits as there may be such ones.

use std::convert::Infallible;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

/// How often the front visits itself: how long a connection may be left lying.
const BEAT: Duration = Duration::from_millis(500);

/// How long a visit may take.
const VISIT: Duration = Duration::from_millis(500);

/// Visits in a row without an answer after which the loop is held dead.
const MISSES: usize = 2;

/// Visits at a beat, at most.
const VISITS: usize = 256;

/// Descriptors that a connection takes.
const DESCRIPTORS: usize = 2;

/// A thread that visits the front until this is dropped.
pub(super) struct Probe {
    _end: Sender<Infallible>,
}

impl Probe {
    /// Calls `dead` when visits at `address` go without an answer, while `progress`, a
    /// count of what comes in otherwise, stands still.
    pub(super) fn start(
        address: SocketAddr,
        progress: impl Fn() -> usize + Send + 'static,
        dead: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let (end, ended) = bounded(0);
        thread::Builder::new()
            .name("xmlrpc-probe".to_owned())
            .spawn(move || beat(address, &ended, progress, dead))?;
        Ok(Probe { _end: end })
    }
}

fn beat(
    address: SocketAddr,
    ended: &Receiver<Infallible>,
    progress: impl Fn() -> usize,
    dead: impl Fn(),
) {
    let mut misses = 0;
    let mut before = progress();
    let mut lowest = visit(address).map_or(0, |visit| visit.descriptor);
    while ended.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
        let Some(seen) = visit(address) else {
            continue;
        };
        let now = progress();
        if seen.is_answered {
            misses = 0;
            let burst = seen.descriptor.saturating_sub(lowest) / DESCRIPTORS;
            lowest = seen.descriptor;
            // Until there is no descriptor for one.
            (0..burst.min(VISITS)).all(|_| visit(address).is_some());
        } else if now == before {
            misses += 1;
        }
        before = now;
        if misses == MISSES {
            misses = 0;
            dead();
        }
    }
}

struct Visit {
    is_answered: bool,
    /// The lowest that was free, which grows with the connections that are open.
    descriptor: usize,
}

/// Visits the front; `None` where there is no descriptor for it, which tells nothing.
fn visit(address: SocketAddr) -> Option<Visit> {
    let mut stream = match TcpStream::connect_timeout(&address, VISIT) {
        Ok(stream) => stream,
        Err(error) if error.kind() == ErrorKind::TimedOut => {
            return Some(Visit {
                is_answered: false,
                descriptor: 0,
            });
        }
        Err(_) => return None,
    };
    // An empty request line, which tiny_http refuses by itself: it is no request, and
    // leaves no line in the access log.
    let answer = stream
        .set_read_timeout(Some(VISIT))
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
