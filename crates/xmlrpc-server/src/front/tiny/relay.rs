//! The relay of one connection: it reads its requests, one after the other, and passes them on
//! to tiny_http.
//!
//! tiny_http has no limit of time or size, and lets pass heads that can be read in two ways. So
//! the relay gives it only whole requests: a head that has been checked, and a body within the
//! limit. A request whose body is too long, in chunks or held back is judged by its head alone. So
//! is one whose body is long, before it is read: only a client that may call takes memory.

use std::io::Read;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use crate::front::access_log::log_request;
use crate::front::body_buffer::BodyBuffer;
use crate::front::body_framing::BodyFraming;
use crate::front::memory_budget::{MAX_SHORT, MemoryShare};
use crate::front::peer::Peer;
use crate::front::raw_head;
use crate::front::refusal::Refusal;
use crate::front::tiny::connections::Connection;
use crate::front::tiny::exchange::{Exchange, Progress};
use crate::front::tiny::forwarded_head::{check_fields, expectation, forwarded_head};
use crate::front::tiny::options::Options;
use crate::front::tiny::private_server::{Answer, PrivateServer};
use crate::front::tiny::request_line::RequestLine;
use crate::front::tiny::responder::Responder;
use crate::front::tiny::response::Response;
use crate::front::tiny::socket_reader::SocketReader;
use crate::front::tiny::socket_writer::SocketWriter;
use crate::front::tiny::uninterrupted::uninterrupted;

/// The bytes of an answer that are copied at once.
const PIECE: usize = 64 * 1024;

/// The state that all connections of a server share.
pub(crate) struct Shared {
    pub(crate) responder: Arc<Responder>,
    pub(crate) server: PrivateServer,
    pub(crate) options: Options,
}

/// The part of a request that is passed on.
enum Part<'a> {
    /// The head, which is judged alone. If it is right, the client may be told to continue.
    Head { tells_continue: bool },
    /// The head and the whole body.
    Whole(&'a [u8]),
}

/// Serves one connection to its end.
pub(crate) fn serve_connection(connection: &Connection, peer: Peer, shared: &Shared) {
    let stream = &*connection.stream;
    // The address of a connection that its peer has reset may be gone already.
    let Ok(local) = stream.local_ip() else {
        return;
    };
    stream.set_up();
    let mut relay = Relay {
        connection,
        reader: SocketReader::new(stream),
        writer: SocketWriter::new(stream),
        peer,
        local,
        shared,
        piece: Vec::new(),
    };
    while connection.set_idle() && relay.serve_next().is_some() {}
}

/// A connection's way to tiny_http.
struct Relay<'a> {
    connection: &'a Connection,
    reader: SocketReader<'a>,
    writer: SocketWriter<'a>,
    peer: Peer,
    local: IpAddr,
    shared: &'a Shared,
    /// The buffer of answers.
    piece: Vec<u8>,
}

impl Relay<'_> {
    /// Reads a request, and has it answered. Returns `None` if it was the last one.
    fn serve_next(&mut self) -> Option<()> {
        let connection = self.connection;
        let read = self.reader.read_head(self.shared.options.head_timeout, || {
            connection.set_reading()
        });
        let checked = read.and_then(|head| match head {
            None => Ok(None),
            Some(head) => {
                let framing = raw_head::request_framing(&head)?;
                RequestLine::of(&head)?;
                check_fields(&head)?;
                Ok(Some((head, framing)))
            }
        });
        let (head, framing) = match checked {
            Ok(checked) => checked?,
            // What is not HTTP gets no line in the access log.
            Err(refusal) => return self.refuse(&refusal, None),
        };
        let max_bytes = self.shared.responder.service.limits().bytes;
        let (length, is_read) = match framing.body {
            BodyFraming::Undeclared => (0, true),
            BodyFraming::Length(length) => (length, length <= max_bytes as u64),
            BodyFraming::Chunked => (0, false),
        };
        self.reader.set_body(length);
        if !is_read {
            let part = Part::Head {
                tells_continue: true,
            };
            self.exchange(&head, framing.body, part, true)?;
            self.reader.linger();
            return None;
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let tells_continue = self.reader.awaits_body() && expects_continue(&head);
        // Nothing is held for a long body before it is known that its client may call.
        if tells_continue || length > MAX_SHORT {
            let part = Part::Head { tells_continue };
            let progress = self.exchange(&head, framing.body, part, true)?;
            if progress != Progress::AwaitsBody {
                self.reader.linger();
                return None;
            }
        }
        let (body, _share) = match self.read_body(length) {
            Ok(read) => read,
            Err(refusal) => return self.refuse(&refusal, Some(&head)),
        };
        // The stop has come first: the request is left without an answer.
        if !connection.set_in_call() {
            return None;
        }
        let is_last = framing.is_last || connection.is_unwanted();
        let progress = self.exchange(&head, framing.body, Part::Whole(&body), is_last)?;
        if progress == Progress::Answered && !is_last {
            return Some(());
        }
        // Old clients send an empty line behind the body.
        self.reader.linger();
        None
    }

    /// Reads a body of this length, with its share of the memory.
    fn read_body(&mut self, length: usize) -> Result<(Vec<u8>, MemoryShare), Refusal> {
        let memory = &self.shared.responder.memory;
        // It is held here, and by tiny_http's receiver.
        let mut buffer = BodyBuffer::new(memory, length, 2, 0)?;
        let time = self.shared.options.body_timeout;
        self.reader.read_body(&mut buffer, time)?;
        buffer.finish()
    }

    /// Passes a request on, and its answer back. Returns the end of the exchange, or `None` if
    /// the client has gone.
    fn exchange(
        &mut self,
        head: &[u8],
        framing: BodyFraming,
        part: Part<'_>,
        is_last: bool,
    ) -> Option<Progress> {
        let responder = &self.shared.responder;
        let (body, tells_continue) = match part {
            Part::Head { tells_continue } => (None, tells_continue),
            Part::Whole(body) => (Some(body), true),
        };
        let has_body = body.is_some();
        let exchange = Exchange::new(self.peer, self.local, framing, has_body, is_last);
        let entered = responder.exchanges.enter(exchange);
        let forwarded = forwarded_head(head, entered.number, has_body);
        let sent = self
            .shared
            .server
            .send(&forwarded, body.unwrap_or_default());
        let copied = match sent {
            Ok(answer) => self.copy(answer, &entered.exchange, tells_continue)?,
            Err(_) => 0,
        };
        match entered.exchange.progress() {
            // tiny_http has ended before it took the request.
            Progress::Open if copied == 0 => {
                drop(entered);
                self.refuse(&Refusal::NOT_TAKEN, Some(head))?;
                None
            }
            Progress::Open => {
                // tiny_http has refused it by itself.
                responder.service.calls().count_refused();
                Some(Progress::Open)
            }
            progress => Some(progress),
        }
    }

    /// Copies an answer to the client, except for "100 Continue" if it is not told that, and
    /// returns the answer's length. Returns `None` if the client has gone, or reads too slowly.
    fn copy(
        &mut self,
        mut answer: Answer,
        exchange: &Exchange,
        tells_continue: bool,
    ) -> Option<u64> {
        // The time counts from the first byte: the call before it may be long.
        let mut deadline = None;
        let mut length = None;
        self.piece.resize(PIECE, 0);
        let mut copied = 0;
        loop {
            match uninterrupted(|| answer.read(&mut self.piece)) {
                Ok(read) if read > 0 => {
                    let time = self.shared.options.write_timeout;
                    let deadline = *deadline.get_or_insert_with(|| Instant::now() + time);
                    if copied == 0 {
                        length = exchange.answer_length();
                    }
                    if tells_continue || exchange.progress() != Progress::AwaitsBody {
                        self.writer.write(&self.piece[..read], deadline).ok()?;
                    }
                    copied += read as u64;
                    match length {
                        Some(length) if copied == length => {
                            answer.keep();
                            return Some(copied);
                        }
                        Some(_) => {}
                        // tiny_http has answered by itself.
                        None => answer.end(),
                    }
                }
                // An error is tiny_http's end.
                Ok(_) | Err(_) => return Some(copied),
            }
        }
    }

    /// Refuses a request, which is the last one: its end is unknown, or too far. Logs it if
    /// it has a head.
    fn refuse(&mut self, refusal: &Refusal, head: Option<&[u8]>) -> Option<()> {
        self.shared.responder.service.calls().count_refused();
        let line = head.and_then(|head| RequestLine::of(head).ok());
        let version = line.as_ref().map_or("HTTP/1.1", |line| line.version);
        let throttle = &self.shared.responder.refusal_throttle;
        if let Some(line) = &line
            && throttle.admit(self.peer, Instant::now())
        {
            let (method, target) = (line.method, line.target);
            log_request(self.peer, method, target, version, refusal.status, false);
        }
        let response = Response::refused(refusal);
        let deadline = Instant::now() + self.shared.options.write_timeout;
        let bytes = response.bytes(version, "close", true);
        self.writer.write(&bytes, deadline).ok()?;
        self.reader.linger();
        None
    }
}

/// Returns whether the client waits for "100 Continue" before it sends the body. HTTP/1.0 does
/// not have that (RFC 9110, section 10.1.1).
fn expects_continue(head: &[u8]) -> bool {
    RequestLine::of(head).is_ok_and(|line| line.is_1_1())
        && expectation(head).is_some_and(|value| value.eq_ignore_ascii_case(b"100-continue"))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::{TcpListener, TcpStream};
    use std::thread;
    use std::time::Duration;

    use tiny_http::Request;

    use super::*;
    use crate::front::tiny::connections::Connections;
    use crate::front::tiny::receivers::RequestHandler;
    use crate::front::tiny::socket::Socket;
    use crate::service::Service;

    const REQUEST: &[u8] =
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 3\r\n\r\n<a>";

    fn shared(handler: Option<Arc<dyn RequestHandler>>) -> Shared {
        let responder = Arc::new(Responder::new(Arc::new(Service::new()), 1, 0));
        let handler = handler.unwrap_or_else(|| Arc::clone(&responder) as _);
        Shared {
            responder,
            server: PrivateServer::start(handler).unwrap(),
            options: Options::default(),
        }
    }

    fn answer(shared: &Shared) -> String {
        answer_to(REQUEST, shared)
    }

    /// Sends a request, ends the writing side, and returns all that comes back.
    fn answer_to(request: &[u8], shared: &Shared) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let patience = Duration::from_secs(20);
        client.set_read_timeout(Some(patience)).unwrap();
        let (stream, peer) = listener.accept().unwrap();
        let connections = Arc::new(Connections::new(9));
        client.write_all(request).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                let connection = connections.enter(Socket::Tcp(stream)).unwrap();
                serve_connection(&connection, Peer::Address(peer), shared);
            });
            let mut answer = String::new();
            client.read_to_string(&mut answer).unwrap();
            answer
        })
    }

    #[test]
    fn an_answer_leaves_its_connection_to_the_next_request() {
        let shared = shared(None);
        for _ in 0..3 {
            let answer = answer(&shared);
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            assert_eq!(shared.server.idle(), 1);
        }
    }

    fn long(host: &str, sent: usize) -> Vec<u8> {
        let length = MAX_SHORT + 1;
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n"
        );
        [head.as_bytes(), &vec![b' '; sent]].concat()
    }

    #[test]
    fn a_long_body_is_read_once_its_head_is_right() {
        let shared = shared(None);
        // "100 Continue" is for those who ask for it.
        let right = answer_to(&long("localhost", MAX_SHORT + 1), &shared);
        assert!(right.starts_with("HTTP/1.1 200 OK\r\n"), "{right}");
        assert_eq!(right.matches("HTTP/1.1").count(), 1, "{right}");
        // Others hold all memory: who may not call is told so, and the others to come again.
        let memory = &shared.responder.memory;
        let _all = memory.reserve(usize::MAX, usize::MAX).unwrap();
        for (host, status) in [("localhost", "503"), ("far.example", "403")] {
            let refused = answer_to(&long(host, 0), &shared);
            assert_eq!(refused.get(9..12), Some(status), "{refused}");
        }
    }

    #[test]
    fn a_request_that_nobody_takes_is_refused() {
        let shared = shared(None);
        shared.server.close();
        let answer = answer(&shared);
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert_eq!(shared.responder.service.calls().metrics().refused, 1);
    }

    /// A handler that leaves the answer to tiny_http.
    struct Silent;

    impl RequestHandler for Silent {
        fn answer(&self, _: Request) {}

        fn refuse(&self, _: Request) {}
    }

    #[test]
    fn an_answer_of_tiny_http_itself_ends_the_connection() {
        let shared = shared(Some(Arc::new(Silent)));
        let answer = answer(&shared);
        assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
        assert_eq!(shared.server.idle(), 0);
        assert_eq!(shared.responder.service.calls().metrics().refused, 1);
    }
}
