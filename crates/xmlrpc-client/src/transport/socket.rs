//! A TCP connection: a request goes out in as few writes as it takes, and the socket's
//! options are set no more often than they have to be.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Weak};
use std::time::Duration;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, ShutdownHandle, Transport};

use super::buffers::SocketBuffers;
use crate::Phase;
use crate::progress::CallProgress;

/// A connection that keeps the progress of its line.
#[derive(Debug)]
pub(super) struct Socket {
    /// Shared, weakly, with who may break the call off.
    stream: Arc<TcpStream>,
    buffers: SocketBuffers,
    progress: Arc<CallProgress>,
    read_limit: SocketTimeout,
    write_limit: SocketTimeout,
}

impl Socket {
    pub(super) fn connect(
        address: &SocketAddr,
        within: Duration,
        buffer: usize,
        progress: Arc<CallProgress>,
    ) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(address, within)?;
        stream.set_nodelay(true)?;
        Ok(Socket {
            stream: Arc::new(stream),
            buffers: SocketBuffers::new(buffer),
            progress,
            read_limit: SocketTimeout::default(),
            write_limit: SocketTimeout::default(),
        })
    }

    /// The connection itself, which nothing has been said on yet.
    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// What breaks its call off.
    pub(super) fn handle(&self) -> Weak<dyn ShutdownHandle> {
        let handle: Weak<TcpStream> = Arc::downgrade(&self.stream);
        handle
    }

    /// Writes what is held.
    ///
    /// A server may answer before it has taken the whole request, to refuse it, and hang
    /// up: so a broken pipe is not yet a failure, for the answer may be there to read.
    fn flush(&mut self, timeout: NextTimeout) -> Result<(), Error> {
        let mut sent = 0;
        while sent < self.buffers.held().len() && !self.progress.is_broken() {
            let left = left(&self.progress, timeout)?;
            self.write_limit
                .fit(left, |time| self.stream.set_write_timeout(Some(time)))?;
            match (&*self.stream).write(&self.buffers.held()[sent..]) {
                Ok(0) => return Err(io::Error::from(ErrorKind::WriteZero).into()),
                Ok(length) => sent += length,
                Err(error) if is_passing(&error) => {}
                Err(error) if is_hung_up(&error) => self.progress.broke(),
                Err(error) => return Err(error.into()),
            }
        }
        self.buffers.release();
        Ok(())
    }
}

impl Transport for Socket {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    /// Holds what is to be written until there is more of it, or the answer is awaited:
    /// a head and its body are one packet then, and one system call.
    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.progress.enter(Phase::Send);
        match self.buffers.hold(amount) {
            true => self.flush(timeout),
            false => Ok(()),
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.flush(timeout)?;
        self.progress.enter(Phase::Response);
        loop {
            let left = left(&self.progress, timeout)?;
            self.read_limit
                .fit(left, |time| self.stream.set_read_timeout(Some(time)))?;
            match (&*self.stream).read(self.buffers.input_append_buf()) {
                Ok(length) => {
                    self.buffers.input_appended(length);
                    return Ok(length > 0);
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn is_open(&mut self) -> bool {
        is_silent(&self.stream)
    }
}

/// The time-out of one direction of a socket. The times that count are the progress's: the
/// socket's are there to look at those again.
#[derive(Debug, Default)]
struct SocketTimeout(Option<Duration>);

impl SocketTimeout {
    /// Sees to it that the socket waits for no longer than `left`, and not for much less.
    fn fit(
        &mut self,
        left: Duration,
        set: impl FnOnce(Duration) -> io::Result<()>,
    ) -> io::Result<()> {
        const FINE: Duration = Duration::from_millis(100);
        if self.0.is_some_and(|time| left / 2 <= time && time <= left) {
            return Ok(());
        }
        // With some slack, so that the next call need not set it again.
        let time = if left < FINE { left } else { left / 4 * 3 };
        set(time)?;
        self.0 = Some(time);
        Ok(())
    }
}

/// What is left of the call's phase, and of what ureq allows.
fn left(progress: &CallProgress, timeout: NextTimeout) -> Result<Duration, Error> {
    let left = progress.left().min(*timeout.after);
    match left.is_zero() {
        true => Err(Error::Timeout(timeout.reason)),
        false => Ok(left),
    }
}

/// A socket's time-out, or a signal: not the end of the call.
pub(super) fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

fn is_hung_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted
    )
}

/// Whether the other side has said nothing since its last answer, not even goodbye.
#[cfg(unix)]
fn is_silent(stream: &TcpStream) -> bool {
    use rustix::net::{RecvFlags, recv};

    let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    matches!(recv(stream, &mut [0; 1], flags), Err(error) if error == rustix::io::Errno::AGAIN)
}

#[cfg(not(unix))]
fn is_silent(stream: &TcpStream) -> bool {
    let peeked = stream
        .set_nonblocking(true)
        .and_then(|()| stream.peek(&mut [0]));
    let is_silent = peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
    is_silent && stream.set_nonblocking(false).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sockets_time_out_is_set_only_when_it_has_to_be() {
        let seconds = Duration::from_secs;
        let mut limit = SocketTimeout::default();
        let mut set = Vec::new();
        for left in [3600, 3599, 3000, 2699, 2100, 20] {
            let fitted = limit.fit(seconds(left), |time| {
                assert!(time <= seconds(left));
                set.push(left);
                Ok(())
            });
            fitted.unwrap();
        }
        assert_eq!(set, [3600, 2699, 20]);
        let short = Duration::from_millis(3);
        let fitted = limit.fit(short, |time| {
            assert_eq!(time, short);
            Ok(())
        });
        fitted.unwrap();
    }
}
