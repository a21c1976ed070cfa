//! The reader of requests from a blocking socket: heads, bodies, and what is dropped of them.

use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::front::raw_head::{self, MAX_HEAD};
use crate::front::refusal::Refusal;
use crate::front::request_body::MAX_RESERVED;
use crate::front::tiny::time_limit::TimeLimit;

/// The most bytes that are read at once while a head is awaited.
const HEAD_PIECE: usize = 4 * 1024;

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
    stream: &'a TcpStream,
    limit: TimeLimit,
    /// Bytes that have been read and not taken.
    held: Vec<u8>,
    /// Bytes of the current request's body that are yet to be taken.
    body: u64,
}

impl<'a> SocketReader<'a> {
    pub(crate) fn new(stream: &'a TcpStream) -> Self {
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

    /// Reads the body of the current request.
    ///
    /// # Errors
    ///
    /// It breaks off, or takes longer than `time`.
    pub(crate) fn read_body(&mut self, time: Duration) -> Result<Vec<u8>, Refusal> {
        let deadline = Instant::now() + time;
        let length = usize::try_from(self.body).unwrap_or(usize::MAX);
        let rest = self.held.split_off(length.min(self.held.len()));
        let mut body = std::mem::replace(&mut self.held, rest);
        self.body -= body.len() as u64;
        body.reserve(
            usize::try_from(self.body)
                .unwrap_or(usize::MAX)
                .min(MAX_RESERVED),
        );
        let mut piece = vec![0; length.saturating_sub(body.len()).min(MAX_RESERVED)];
        while self.body > 0 {
            let most = usize::try_from(self.body)
                .unwrap_or(usize::MAX)
                .min(piece.len());
            match self.read(&mut piece[..most], deadline) {
                Ok(0) => return Err(Refusal::INCOMPLETE),
                Ok(length) => {
                    body.extend_from_slice(&piece[..length]);
                    self.body -= length as u64;
                }
                Err(error) if is_timeout(&error) => return Err(Refusal::TOO_SLOW),
                Err(_) => return Err(Refusal::INCOMPLETE),
            }
        }
        Ok(body)
    }

    /// Reads and drops the rest of the current body, within limits. Returns whether it has
    /// come to its end.
    pub(crate) fn drain(&mut self) -> bool {
        let deadline = Instant::now() + DRAIN_TIMEOUT;
        let at_hand = usize::try_from(self.body).unwrap_or(usize::MAX);
        let at_hand = at_hand.min(self.held.len());
        self.held.drain(..at_hand);
        self.body -= at_hand as u64;
        let mut left = MAX_DRAINED;
        let mut piece = vec![0; MAX_RESERVED];
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
        loop {
            let set = |time: Duration| stream.set_read_timeout(Some(time));
            self.limit.set(deadline, set)?;
            match stream.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }
}

/// Returns whether a socket's time limit has passed: the system's error has one of two kinds.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}
