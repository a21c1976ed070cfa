//! A connection to tiny_http, which takes a request after the other.
//!
//! Of two connections that come within microseconds, tiny_http may let the second one wait for
//! a thread until the first one is closed. So a connection is opened with a greeting, while no
//! other one is being opened: once that is answered, it has a thread of its own.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;

use tiny_http::Request;

use crate::front::tiny::forwarded_head::EXCHANGE;
use crate::front::tiny::private_socket::{PrivateSocket, Stream};
use crate::front::tiny::uninterrupted::uninterrupted;

/// A request without the number of an exchange, which all of the relay's have.
const GREETING: &[u8] = b"OPTIONS * HTTP/1.1\r\n\r\n";

/// The answer to a greeting.
const GREETED: &[u8; 27] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// A connection to tiny_http.
#[derive(Debug)]
pub(crate) struct PrivateConnection(Stream);

impl PrivateConnection {
    /// Opens a connection. No other one may be opened meanwhile.
    ///
    /// # Errors
    ///
    /// The server does not accept it, or has no thread for it.
    pub(crate) fn open(socket: &PrivateSocket) -> io::Result<Self> {
        let mut stream = socket.connect()?;
        stream.write_all(GREETING)?;
        let mut answer = [0; GREETED.len()];
        stream.read_exact(&mut answer)?;
        match &answer == GREETED {
            true => Ok(PrivateConnection(stream)),
            false => Err(ErrorKind::InvalidData.into()),
        }
    }

    /// Sends a request, in one piece where there is room for it.
    pub(crate) fn send(&mut self, mut head: &[u8], mut body: &[u8]) -> io::Result<()> {
        while !head.is_empty() {
            let both = [IoSlice::new(head), IoSlice::new(body)];
            let written = uninterrupted(|| self.0.write_vectored(&both))?;
            if written == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
            let of_head = written.min(head.len());
            head = &head[of_head..];
            body = &body[written - of_head..];
        }
        self.0.write_all(body)
    }

    /// Lets tiny_http close the connection behind its answer.
    pub(crate) fn end(&self) {
        // It fails if the other side has closed first.
        let _ = self.0.shutdown(Shutdown::Write);
    }
}

impl Read for PrivateConnection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// Answers a greeting. Returns a request that is none.
pub(crate) fn answer_greeting(request: Request) -> Option<Request> {
    let mut headers = request.headers().iter();
    if headers.any(|header| header.field.equiv(EXCHANGE)) {
        return Some(request);
    }
    let mut writer = request.into_writer();
    // A failed write means that the other side has gone.
    let _ = writer.write_all(GREETED).and_then(|()| writer.flush());
    None
}
