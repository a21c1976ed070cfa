//! The reader of requests from a blocking socket: heads, bodies, and what is dropped of them.

use std::io::{self, ErrorKind, Read};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use crate::front::body_buffer::BodyBuffer;
use crate::front::raw_head::{self, MAX_HEAD};
use crate::front::refusal::Refusal;
use crate::front::tiny::socket::Socket;
use crate::front::tiny::time_limit::TimeLimit;
use crate::front::tiny::uninterrupted::uninterrupted;

/// The most bytes that are read at once while a head is awaited.
const HEAD_PIECE: usize = 4 * 1024;

/// The most bytes of a body that are read at once.
const MAX_PIECE: usize = 64 * 1024;

/// The most bytes of a refused body that are read and dropped. A client that still writes
/// when the connection closes finds a broken pipe instead of the answer.
const MAX_DRAINED: u64 = 64 * 1024 * 1024;

/// The longest time for which a refused body is read.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// The longest pause of a refused body.
const DRAIN_PAUSE: Duration = Duration::from_millis(250);

/// A reader of one connection's requests.
///
/// It holds at most one head and one read beyond it, or one body.
pub(crate) struct SocketReader<'a> {
    stream: &'a Socket,
    limit: TimeLimit,
    /// Bytes that have been read and not taken.
    held: Vec<u8>,
    /// Bytes of the current request's body that are yet to be taken.
    body: u64,
}

impl<'a> SocketReader<'a> {
    pub(crate) fn new(stream: &'a Socket) -> Self {
        SocketReader {
            stream,
            limit: TimeLimit::default(),
            held: Vec::new(),
            body: 0,
        }
    }

    /// Reads the next head. Returns `None` if the client closes, or has not sent it within
    /// `time`. Calls `on_first` once a part of the head has come; `false` ends the connection.
    ///
    /// # Errors
    ///
    /// The head could be read in two ways, or is too long.
    pub(crate) fn read_head(
        &mut self,
        time: Duration,
        mut on_first: impl FnMut() -> bool,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        let deadline = Instant::now() + time;
        let (mut empty_lines, mut searched, mut has_begun) = (0, 0, false);
        loop {
            if searched == 0 {
                let skipped = raw_head::skip_empty_lines(&self.held, &mut empty_lines)?;
                self.held.drain(..skipped);
            }
            if !self.held.is_empty() && !has_begun {
                has_begun = true;
                if !on_first() {
                    return Ok(None);
                }
            }
            if self.held != b"\r" {
                if let Some(length) = raw_head::find_end(&self.held, searched)? {
                    let rest = self.held.split_off(length);
                    return Ok(Some(std::mem::replace(&mut self.held, rest)));
                }
                searched = self.held.len();
                if searched > MAX_HEAD {
                    return Err(Refusal::HEAD_TOO_LARGE);
                }
            }
            let mut piece = [0; HEAD_PIECE];
            match self.read(&mut piece, deadline) {
                Ok(0) | Err(_) => return Ok(None),
                Ok(length) => self.held.extend_from_slice(&piece[..length]),
            }
        }
    }

    /// Sets the length of the current request's body.
    pub(crate) fn set_body(&mut self, length: u64) {
        self.body = length;
    }

    /// Returns whether none of the current request's body has come yet.
    pub(crate) fn awaits_body(&self) -> bool {
        self.body > 0 && self.held.is_empty()
    }

    /// Reads the body of the current request into a buffer.
    ///
    /// # Errors
    ///
    /// It breaks off, takes longer than `time`, has no room there, or does not keep its pace.
    pub(crate) fn read_body(
        &mut self,
        buffer: &mut BodyBuffer,
        time: Duration,
    ) -> Result<(), Refusal> {
        let deadline = Instant::now() + time;
        let length = usize::try_from(self.body).unwrap_or(usize::MAX);
        let at_hand = length.min(self.held.len());
        buffer.push(self.held.drain(..at_hand).as_slice())?;
        self.body -= at_hand as u64;
        let mut piece = vec![0; (length - at_hand).min(MAX_PIECE)];
        while self.body > 0 {
            let most = usize::try_from(self.body).map_or(piece.len(), |left| left.min(piece.len()));
            match self.read(&mut piece[..most], deadline.min(buffer.next_check())) {
                Ok(0) => return Err(Refusal::INCOMPLETE),
                Ok(length) => {
                    self.body -= length as u64;
                    buffer.push(&piece[..length])?;
                }
                Err(error) if !is_timeout(&error) => return Err(Refusal::INCOMPLETE),
                Err(_) if Instant::now() >= deadline => return Err(Refusal::TOO_SLOW),
                Err(_) => buffer.check_pace(Instant::now())?,
            }
        }
        Ok(())
    }

    /// Reads and drops the rest of the current body, within limits. Returns whether it has
    /// come to its end.
    pub(crate) fn drain(&mut self) -> bool {
        self.drain_up_to(MAX_DRAINED)
    }

    fn drain_up_to(&mut self, max_bytes: u64) -> bool {
        let deadline = Instant::now() + DRAIN_TIMEOUT;
        let left = usize::try_from(self.body).unwrap_or(usize::MAX);
        let at_hand = left.min(self.held.len());
        self.held.drain(..at_hand);
        self.body -= at_hand as u64;
        let mut left = max_bytes;
        let mut piece = vec![0; MAX_PIECE];
        while self.body > 0 && left > 0 {
            let most = usize::try_from(self.body.min(left)).unwrap_or(usize::MAX);
            let most = most.min(piece.len());
            let pause = deadline.min(Instant::now() + DRAIN_PAUSE);
            match self.read(&mut piece[..most], pause) {
                Ok(0) | Err(_) => return false,
                Ok(length) => {
                    self.body -= length as u64;
                    left -= length as u64;
                }
            }
        }
        self.body == 0
    }

    /// Ends the writing side, and drops what still comes, within limits: a connection that is
    /// closed with unread bytes is reset, and the client may lose its answer.
    pub(crate) fn linger(&mut self) {
        if self.stream.shutdown(Shutdown::Write).is_ok() {
            self.set_body(MAX_DRAINED);
            self.drain();
        }
    }

    /// Reads some bytes, until a deadline. Returns 0 if the client has closed.
    fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> io::Result<usize> {
        let mut stream = self.stream;
        uninterrupted(|| {
            let set = |time: Duration| stream.set_read_timeout(time);
            self.limit.set(deadline, set)?;
            stream.read(buffer)
        })
    }
}

/// Returns whether a socket's time limit has passed: the system's error has one of two kinds.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::*;
    use crate::front::memory_budget::MemoryBudget;

    /// The longest that a test waits.
    const PATIENCE: Duration = Duration::from_secs(20);

    const SHORT: Duration = Duration::from_millis(50);

    const HEAD: &[u8] = b"POST / HTTP/1.1\r\n\r\n";

    fn pair() -> (TcpStream, Socket) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, Socket::Tcp(listener.accept().unwrap().0))
    }

    fn read_head(reader: &mut SocketReader<'_>) -> Result<Option<Vec<u8>>, Refusal> {
        reader.read_head(PATIENCE, || true)
    }

    fn read_body(reader: &mut SocketReader<'_>, time: Duration) -> Result<Vec<u8>, Refusal> {
        let length = usize::try_from(reader.body).unwrap();
        let memory = MemoryBudget::new(1 << 20, 0);
        let mut buffer = BodyBuffer::new(&memory, length, 1, 0)?;
        reader.read_body(&mut buffer, time)?;
        Ok(buffer.finish()?.0)
    }

    #[test]
    fn requests_are_read_one_after_the_other() {
        let (mut client, server) = pair();
        let mut reader = SocketReader::new(&server);
        let bytes = [b"\r\n", HEAD, b"abcde", HEAD, HEAD].concat();
        let sending = thread::spawn(move || {
            client.set_nodelay(true).unwrap();
            for piece in bytes.chunks(3) {
                client.write_all(piece).unwrap();
            }
            client
        });
        assert_eq!(read_head(&mut reader).unwrap().unwrap(), HEAD);
        reader.set_body(5);
        assert_eq!(read_body(&mut reader, PATIENCE).unwrap(), b"abcde");
        for _ in 0..2 {
            assert_eq!(read_head(&mut reader).unwrap().unwrap(), HEAD);
            assert!(!reader.awaits_body());
            assert_eq!(read_body(&mut reader, PATIENCE).unwrap(), b"");
        }
        drop(sending.join().unwrap());
        assert_eq!(read_head(&mut reader), Ok(None));
    }

    #[test]
    fn a_whole_request_at_once_is_read_in_its_parts() {
        let (mut client, server) = pair();
        let mut reader = SocketReader::new(&server);
        let long = vec![b'x'; 3 * MAX_PIECE + 7];
        let sending = thread::spawn(move || {
            client.write_all(&[HEAD, &long, HEAD].concat()).unwrap();
            (client, long)
        });
        assert_eq!(read_head(&mut reader).unwrap().unwrap(), HEAD);
        reader.set_body(3 * MAX_PIECE as u64 + 7);
        let body = read_body(&mut reader, PATIENCE).unwrap();
        assert_eq!(read_head(&mut reader).unwrap().unwrap(), HEAD);
        let (_client, long) = sending.join().unwrap();
        assert!(body == long);
    }

    #[test]
    fn the_first_bytes_are_told_once() {
        let (mut client, server) = pair();
        let mut reader = SocketReader::new(&server);
        let mut count = 0;
        client.write_all(b"\r\n\r\n").unwrap();
        // Empty lines are no part of a head.
        let read = reader.read_head(SHORT, || {
            count += 1;
            true
        });
        assert_eq!((read, count), (Ok(None), 0));
        client.set_nodelay(true).unwrap();
        client.write_all(b"POST").unwrap();
        let mut rest = Some(client.try_clone().unwrap());
        let read = reader.read_head(PATIENCE, || {
            count += 1;
            // The rest comes once the first part has been seen.
            let rest = rest.take().unwrap().write_all(&HEAD[4..]);
            rest.is_ok()
        });
        assert_eq!((read, count), (Ok(Some(HEAD.to_vec())), 1));
        client.write_all(HEAD).unwrap();
        assert_eq!(reader.read_head(PATIENCE, || false), Ok(None));
    }

    #[test]
    fn a_head_has_a_time_and_a_length() {
        let (mut client, server) = pair();
        let mut reader = SocketReader::new(&server);
        assert_eq!(reader.read_head(SHORT, || true), Ok(None));
        client.write_all(b"\r").unwrap();
        assert_eq!(reader.read_head(SHORT, || true), Ok(None));
        client.write_all(b"\n").unwrap();
        client.write_all(&[b'a'; 7]).unwrap();
        assert_eq!(reader.read_head(SHORT, || true), Ok(None));
        let sending = thread::spawn(move || {
            // At the limit the head may still end.
            client.write_all(&[b'a'; MAX_HEAD - 7]).unwrap();
            client
        });
        while reader.held.len() < MAX_HEAD {
            assert_eq!(reader.read_head(SHORT, || true), Ok(None));
        }
        let mut client = sending.join().unwrap();
        client.write_all(b"a").unwrap();
        assert_eq!(read_head(&mut reader), Err(Refusal::HEAD_TOO_LARGE));
    }

    #[test]
    fn a_body_is_awaited_until_its_first_byte() {
        let (mut client, server) = pair();
        let mut reader = SocketReader::new(&server);
        client.write_all(HEAD).unwrap();
        read_head(&mut reader).unwrap().unwrap();
        assert!(!reader.awaits_body());
        reader.set_body(2);
        assert!(reader.awaits_body());
        reader.held.push(b'a');
        assert!(!reader.awaits_body());
        client.write_all(b"b").unwrap();
        assert_eq!(read_body(&mut reader, PATIENCE).unwrap(), b"ab");
    }

    #[test]
    fn a_body_that_does_not_come_is_refused() {
        let (mut client, server) = pair();
        let mut reader = SocketReader::new(&server);
        client.write_all(b"ab").unwrap();
        reader.set_body(3);
        assert_eq!(read_body(&mut reader, SHORT), Err(Refusal::TOO_SLOW));
        drop(client);
        assert_eq!(read_body(&mut reader, PATIENCE), Err(Refusal::INCOMPLETE));
        // A client that has not read all resets the connection at its end.
        let (client, server) = pair();
        { &server }.write_all(b"unread").unwrap();
        let unread = client.peek(&mut [0]).unwrap();
        assert_eq!(unread, 1);
        drop(client);
        let mut reader = SocketReader::new(&server);
        reader.set_body(3);
        assert_eq!(read_body(&mut reader, PATIENCE), Err(Refusal::INCOMPLETE));
    }

    #[test]
    fn a_refused_body_is_dropped_within_limits() {
        for (body, max_bytes, is_drained, left) in [
            (0, 10, true, 0),
            (4, 10, true, 0),
            (10, 6, true, 0),
            (11, 6, false, 1),
            // It breaks off.
            (200_000, 1_000_000, false, 200_000 - 4 - 100_000),
        ] {
            let (mut client, server) = pair();
            let mut reader = SocketReader::new(&server);
            reader.held.extend_from_slice(b"held");
            let after_held = 4.min(body);
            client
                .write_all(&vec![b'x'; 100_000.min(body - after_held)])
                .unwrap();
            reader.set_body(body as u64);
            drop(client);
            assert_eq!(
                reader.drain_up_to(max_bytes),
                is_drained,
                "{body} {max_bytes}"
            );
            assert_eq!(reader.body, left, "{body} {max_bytes}");
            assert_eq!(reader.held.len(), 4 - after_held, "{body} {max_bytes}");
        }
    }

    #[test]
    fn a_closing_connection_ends_its_writing_side_and_reads_the_rest() {
        let (mut client, server) = pair();
        let mut reader = SocketReader::new(&server);
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client.write_all(b"rest").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        reader.linger();
        assert_eq!(reader.body, MAX_DRAINED - 4);
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn a_silent_client_is_lingered_for_a_moment_alone() {
        let (_client, server) = pair();
        let mut reader = SocketReader::new(&server);
        let start = Instant::now();
        reader.linger();
        assert!(start.elapsed() >= DRAIN_PAUSE);
        assert!(start.elapsed() < PATIENCE);
    }
}
