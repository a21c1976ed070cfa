//! The writer of answers to a blocking socket.

use std::io::{self, ErrorKind, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::front::tiny::time_limit::TimeLimit;
use crate::front::tiny::uninterrupted::uninterrupted;

/// A writer of one connection's answers.
pub(crate) struct SocketWriter<'a> {
    stream: &'a TcpStream,
    limit: TimeLimit,
}

impl<'a> SocketWriter<'a> {
    pub(crate) fn new(stream: &'a TcpStream) -> Self {
        SocketWriter {
            stream,
            limit: TimeLimit::default(),
        }
    }

    /// Writes some bytes before a deadline.
    ///
    /// An answer is written in one piece: of several, the last would wait for the client's
    /// acknowledgement of those before.
    pub(crate) fn write(&mut self, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
        let mut stream = self.stream;
        while !bytes.is_empty() {
            let written = uninterrupted(|| {
                let set = |time: Duration| stream.set_write_timeout(Some(time));
                self.limit.set(deadline, set)?;
                stream.write(bytes)
            })?;
            bytes = match written {
                0 => return Err(ErrorKind::WriteZero.into()),
                written => &bytes[written..],
            };
        }
        Ok(())
    }
}
