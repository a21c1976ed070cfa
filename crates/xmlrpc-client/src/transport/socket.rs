//! A socket under ureq. A request goes out in as few writes as it takes, and the
//! socket's time-outs are set no more often than necessary.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::sync::{Arc, Weak};
use std::time::Duration;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, ShutdownHandle, Transport};

use crate::phase::Phase;
use crate::progress::CallProgress;
use crate::transport::keepalive::AcknowledgementLimit;
use crate::transport::socket_buffers::SocketBuffers;
use crate::transport::stream::Stream;

/// A connected socket with its buffers.
#[derive(Debug)]
pub(super) struct Socket {
    /// Shared, weakly, with ureq's agent, which shuts it down when a call is aborted.
    stream: Arc<Stream>,
    buffers: SocketBuffers,
    /// The progress of the call that runs on the socket's connection.
    progress: Arc<CallProgress>,
    read_timeout: SocketTimeout,
    write_timeout: SocketTimeout,
    acknowledgement_limit: AcknowledgementLimit,
    /// The number of bytes that were written since the last input was awaited.
    request_bytes: usize,
}

impl Socket {
    pub(super) fn new(
        stream: Stream,
        buffer_bytes: usize,
        acknowledgement_limit: AcknowledgementLimit,
        progress: Arc<CallProgress>,
    ) -> Self {
        Socket {
            stream: Arc::new(stream),
            buffers: SocketBuffers::new(buffer_bytes),
            progress,
            read_timeout: SocketTimeout::default(),
            write_timeout: SocketTimeout::default(),
            acknowledgement_limit,
            request_bytes: 0,
        }
    }

    /// Returns the stream, to be used before anything is sent by ureq.
    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Returns the handle with which ureq shuts the socket down.
    pub(super) fn shutdown_handle(&self) -> Weak<dyn ShutdownHandle> {
        let handle: Weak<Stream> = Arc::downgrade(&self.stream);
        handle
    }

    /// Writes the output that is held.
    ///
    /// A server may answer before it has taken the whole request, to refuse it, and hang
    /// up. So a broken pipe is not yet a failure: the response may be there to read. What
    /// is still to be written is dropped.
    fn flush(&mut self, timeout: NextTimeout) -> Result<(), Error> {
        let mut sent = 0;
        while sent < self.buffers.held().len() && !self.progress.broke_while_sending() {
            let time_left = time_left(&self.progress, timeout)?;
            self.write_timeout
                .fit(time_left, |time| self.stream.set_write_timeout(time))?;
            match (&*self.stream).write(&self.buffers.held()[sent..]) {
                Ok(0) => return Err(io::Error::from(ErrorKind::WriteZero).into()),
                Ok(length) => sent += length,
                Err(error) if is_transient(&error) => {}
                Err(error) if is_hang_up(&error) => self.progress.set_broke_while_sending(),
                Err(error) => return Err(error.into()),
            }
        }
        self.request_bytes += sent;
        self.buffers.release();
        Ok(())
    }
}

impl Transport for Socket {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    /// Holds output until there is more of it, or the response is awaited. So a head and
    /// its body are one packet, and one system call.
    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.progress.enter(Phase::Send);
        match self.buffers.hold(amount) {
            true => self.flush(timeout),
            false => Ok(()),
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.flush(timeout)?;
        let request_bytes = std::mem::take(&mut self.request_bytes);
        if request_bytes > 0 {
            self.acknowledgement_limit.fit(request_bytes, &self.stream);
        }
        self.progress.enter(Phase::Response);
        loop {
            let time_left = time_left(&self.progress, timeout)?;
            self.read_timeout
                .fit(time_left, |time| self.stream.set_read_timeout(time))?;
            match (&*self.stream).read(self.buffers.input_append_buf()) {
                Ok(length) => {
                    if length > 0 {
                        self.progress.set_response_begun();
                    }
                    self.buffers.input_appended(length);
                    return Ok(length > 0);
                }
                Err(error) if is_transient(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.stream.is_open_and_silent()
    }
}

/// The time-out of one direction of a socket, as the system has it. The times that count
/// are those of the call's progress. This one only wakes the call, to look at those again.
#[derive(Debug, Default)]
struct SocketTimeout(Option<Duration>);

impl SocketTimeout {
    /// Ensures that the socket waits for no longer than `time_left`, and not for much less.
    fn fit(
        &mut self,
        time_left: Duration,
        set: impl FnOnce(Duration) -> io::Result<()>,
    ) -> io::Result<()> {
        /// Below it the time-out is set exactly, since a call is about to end.
        const EXACT: Duration = Duration::from_millis(100);
        let fits = |time| time_left / 2 <= time && time <= time_left;
        if self.0.is_some_and(fits) {
            return Ok(());
        }
        // With some slack, so that the next call need not set it again.
        let time = match time_left < EXACT {
            true => time_left,
            false => time_left / 4 * 3,
        };
        set(time)?;
        self.0 = Some(time);
        Ok(())
    }
}

/// Returns the time that is left of the call's phase, and of what ureq allows.
fn time_left(progress: &CallProgress, timeout: NextTimeout) -> Result<Duration, Error> {
    let time_left = progress.time_left().min(*timeout.after);
    match time_left.is_zero() {
        true => Err(Error::Timeout(timeout.reason)),
        false => Ok(time_left),
    }
}

/// Returns whether it is a socket's time-out or a signal, which do not end the call.
pub(super) fn is_transient(error: &io::Error) -> bool {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::Interrupted => true,
        // On Unix it means that the other side does not answer any more.
        ErrorKind::TimedOut => cfg!(windows),
        _ => false,
    }
}

fn is_hang_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sockets_time_out_is_set_only_when_it_has_to_be() {
        let seconds = Duration::from_secs;
        let mut timeout = SocketTimeout::default();
        let mut set = Vec::new();
        for left in [3600, 3599, 3000, 2699, 2100, 20] {
            let fitted = timeout.fit(seconds(left), |time| {
                assert!(time <= seconds(left));
                set.push(left);
                Ok(())
            });
            fitted.unwrap();
        }
        assert_eq!(set, [3600, 2699, 20]);
        let short = Duration::from_millis(3);
        let fitted = timeout.fit(short, |time| {
            assert_eq!(time, short);
            Ok(())
        });
        fitted.unwrap();
    }
}
