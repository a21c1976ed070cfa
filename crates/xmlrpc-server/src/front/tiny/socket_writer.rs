//! The writer of answers to a blocking socket.

use std::io::{self, ErrorKind, Write as _};
use std::time::{Duration, Instant};

use crate::front::tiny::socket::Socket;
use crate::front::tiny::time_limit::TimeLimit;
use crate::front::tiny::uninterrupted::uninterrupted;

/// A writer of one connection's answers.
pub(crate) struct SocketWriter<'a> {
    stream: &'a Socket,
    limit: TimeLimit,
}

impl<'a> SocketWriter<'a> {
    pub(crate) fn new(stream: &'a Socket) -> Self {
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
                let set = |time: Duration| stream.set_write_timeout(time);
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

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::*;

    fn pair() -> (TcpStream, Socket) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, Socket::Tcp(listener.accept().unwrap().0))
    }

    #[test]
    fn all_bytes_are_written() {
        let (mut client, server) = pair();
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let reading = thread::spawn(move || {
            let mut read = Vec::new();
            client.read_to_end(&mut read).unwrap();
            read
        });
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut writer = SocketWriter::new(&server);
        writer.write(b"", deadline).unwrap();
        writer.write(&bytes, deadline).unwrap();
        drop(server);
        assert!(reading.join().unwrap() == bytes);
    }

    #[test]
    fn a_client_that_does_not_read_has_its_time_alone() {
        let (_client, server) = pair();
        let deadline = Instant::now() + Duration::from_millis(50);
        let mut writer = SocketWriter::new(&server);
        let failure = writer.write(&vec![0; 64 << 20], deadline).unwrap_err();
        let kinds = [ErrorKind::TimedOut, ErrorKind::WouldBlock];
        assert!(kinds.contains(&failure.kind()), "{failure}");
        assert!(Instant::now() >= deadline);
    }
}
