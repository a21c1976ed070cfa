//! tiny_http on its private socket, and its replacement when it fails.
//!
//! | server | event | then |
//! | --- | --- | --- |
//! | none, failed | an exchange, and one can listen | serving |
//! | none, failed | an exchange, and none can listen | failed |
//! | serving | its accept loop ends or panics | failed, at the next connection |
//! | any | [`PrivateServer::close`] | closed |
//!
//! tiny_http's accept loop ends at the first error, and panics if the last descriptor goes to a
//! connection. Both close its socket, so that the next connection finds nobody who accepts. The
//! exchanges that a failed server has taken hold it until they have ended.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tiny_http::Request;

use crate::front::tiny::private_connection::{PrivateConnection, answer_greeting};
use crate::front::tiny::private_socket::PrivateSocket;
use crate::front::tiny::receivers::{Receivers, RequestHandler};

/// The most times that one request is sent.
const MAX_TRIES: usize = 3;

/// The most connections to tiny_http that are open without a request, each with a thread of
/// tiny_http's.
const MAX_IDLE: usize = 16;

/// tiny_http on a socket of this process alone.
pub(crate) struct PrivateServer {
    handler: Arc<dyn RequestHandler>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Option<Arc<Running>>,
    is_closed: bool,
}

/// A server of tiny_http, which ends when this is dropped.
struct Running {
    /// Connections that have no request now. The last one that came here goes first.
    idle: Mutex<Vec<PrivateConnection>>,
    /// Held while a connection is opened.
    opening: Mutex<()>,
    /// Dropped before the socket: the drop of tiny_http's server connects to itself, which
    /// wakes its accept loop.
    _receivers: Receivers,
    socket: PrivateSocket,
}

/// The answer to a request.
pub(crate) struct Answer {
    connection: PrivateConnection,
    running: Arc<Running>,
}

/// A handler that is given no greetings.
struct Greeter(Arc<dyn RequestHandler>);

impl RequestHandler for Greeter {
    fn answer(&self, request: Request) {
        if let Some(request) = answer_greeting(request) {
            self.0.answer(request);
        }
    }

    fn refuse(&self, request: Request) {
        if let Some(request) = answer_greeting(request) {
            self.0.refuse(request);
        }
    }
}

impl PrivateServer {
    /// Starts a server whose requests `handler` answers.
    ///
    /// # Errors
    ///
    /// There is no socket, or no thread.
    pub(crate) fn start(handler: Arc<dyn RequestHandler>) -> io::Result<Self> {
        let handler: Arc<dyn RequestHandler> = Arc::new(Greeter(handler));
        let running = Arc::new(Running::start(&handler)?);
        Ok(PrivateServer {
            handler,
            state: Mutex::new(State {
                running: Some(running),
                is_closed: false,
            }),
        })
    }

    /// Sends a request, and returns its answer.
    ///
    /// # Errors
    ///
    /// No server takes it: there are not enough descriptors, or this is closed.
    pub(crate) fn send(&self, head: &[u8], body: &[u8]) -> io::Result<Answer> {
        let mut failure = io::Error::from(io::ErrorKind::NotConnected);
        for _ in 0..MAX_TRIES {
            let running = self.running()?;
            match running.connection() {
                Ok(mut connection) => match connection.send(head, body) {
                    Ok(()) => {
                        return Ok(Answer {
                            connection,
                            running,
                        });
                    }
                    // The server may have failed in between: the next try finds out.
                    Err(error) => failure = error,
                },
                Err(error) => {
                    failure = error;
                    self.give_up(&running);
                }
            }
        }
        Err(failure)
    }

    /// Ends the server, once the requests that it has taken are answered, and removes its
    /// socket.
    pub(crate) fn close(&self) {
        let running = {
            let mut state = self.lock();
            state.is_closed = true;
            state.running.take()
        };
        if let Some(running) = running
            && let Err(running) = Arc::try_unwrap(running).map(drop)
        {
            // A function that has been abandoned holds it, perhaps until the process ends.
            running.socket.remove();
        }
    }

    /// Returns the server, after it has started one if there is none.
    fn running(&self) -> io::Result<Arc<Running>> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(io::ErrorKind::NotConnected.into());
        }
        if let Some(running) = &state.running {
            return Ok(Arc::clone(running));
        }
        let running = Arc::new(Running::start(&self.handler)?);
        state.running = Some(Arc::clone(&running));
        Ok(running)
    }

    /// Lets the next request start another server, unless it has one already.
    fn give_up(&self, failed: &Arc<Running>) {
        let given_up = {
            let mut state = self.lock();
            match &state.running {
                Some(running) if Arc::ptr_eq(running, failed) => state.running.take(),
                _ => None,
            }
        };
        // Its end is waited for, without the lock.
        drop(given_up);
    }

    /// Returns the number of connections that are kept.
    #[cfg(test)]
    pub(crate) fn idle(&self) -> usize {
        self.running().unwrap().lock_idle().len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn start(handler: &Arc<dyn RequestHandler>) -> io::Result<Self> {
        let (socket, listener) = PrivateSocket::bind()?;
        let server = tiny_http::Server::from_listener(listener, None).map_err(io::Error::other)?;
        Ok(Running {
            idle: Mutex::default(),
            opening: Mutex::default(),
            _receivers: Receivers::start(server, Arc::clone(handler))?,
            socket,
        })
    }

    /// Returns a connection without a request.
    ///
    /// # Errors
    ///
    /// There is none, and none can be opened: this server has failed.
    fn connection(&self) -> io::Result<PrivateConnection> {
        if let Some(connection) = self.lock_idle().pop() {
            return Ok(connection);
        }
        let _opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        // One may have become idle in between.
        let idle = self.lock_idle().pop();
        idle.map_or_else(|| PrivateConnection::open(&self.socket), Ok)
    }

    fn lock_idle(&self) -> MutexGuard<'_, Vec<PrivateConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answer {
    /// Keeps the connection for another request: the answer has been read to its end, and
    /// nothing comes behind it.
    pub(crate) fn keep(self) {
        let mut idle = self.running.lock_idle();
        if idle.len() < MAX_IDLE {
            idle.push(self.connection);
        }
    }

    /// Lets the answer end with its stream.
    pub(crate) fn end(&self) {
        self.connection.end();
    }
}

impl Read for Answer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.connection.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tiny_http::{Header, Response, TestRequest};

    use super::*;

    const HEAD: &[u8] = b"POST / HTTP/1.1\r\nTiny-Exchange: 1\r\nContent-Length: 2\r\n\r\n";

    struct Echo;

    impl RequestHandler for Echo {
        fn answer(&self, mut request: Request) {
            let mut body = String::new();
            request.as_reader().read_to_string(&mut body).unwrap();
            request.respond(Response::from_string(body)).unwrap();
        }

        fn refuse(&self, _: Request) {}
    }

    fn server() -> PrivateServer {
        PrivateServer::start(Arc::new(Echo)).unwrap()
    }

    /// Reads an answer whose body is "ok".
    fn read(answer: &mut Answer) {
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\nok") {
            let mut piece = [0; 1024];
            let length = answer.read(&mut piece).unwrap();
            assert!(length > 0, "{}", read.escape_ascii());
            read.extend_from_slice(&piece[..length]);
        }
    }

    #[test]
    fn a_failed_server_is_replaced() {
        let server = server();
        read(&mut server.send(HEAD, b"ok").unwrap());
        let failed = server.running().unwrap();
        // As a server is left whose accept loop has gone.
        failed.socket.remove();
        read(&mut server.send(HEAD, b"ok").unwrap());
        let running = server.running().unwrap();
        assert!(!Arc::ptr_eq(&failed, &running));
        // An exchange of the failed one finds out late.
        server.give_up(&failed);
        assert!(Arc::ptr_eq(&running, &server.running().unwrap()));
    }

    #[test]
    fn only_requests_of_exchanges_are_handed_on() {
        #[derive(Default)]
        struct Count(AtomicUsize);

        impl RequestHandler for Count {
            fn answer(&self, _: Request) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }

            fn refuse(&self, _: Request) {
                self.0.fetch_add(10, Ordering::SeqCst);
            }
        }

        let count = Arc::new(Count::default());
        let greeter = Greeter(Arc::clone(&count) as _);
        let greeting = || Request::from(TestRequest::new());
        let header = Header::from_bytes("tiny-exchange", "1").unwrap();
        let request = || Request::from(TestRequest::new().with_header(header.clone()));
        greeter.answer(greeting());
        greeter.refuse(greeting());
        assert_eq!(count.0.load(Ordering::SeqCst), 0);
        greeter.answer(request());
        greeter.refuse(request());
        assert_eq!(count.0.load(Ordering::SeqCst), 11);
    }

    #[test]
    fn a_kept_connection_takes_the_next_request() {
        let server = server();
        for _ in 0..3 {
            let mut answer = server.send(HEAD, b"ok").unwrap();
            assert_eq!(server.idle(), 0);
            read(&mut answer);
            answer.keep();
            assert_eq!(server.idle(), 1);
            // Only the first one needs the socket.
            server.running().unwrap().socket.remove();
        }
    }

    #[test]
    fn few_connections_are_kept() {
        let server = server();
        let answers = (0..MAX_IDLE + 3).map(|_| server.send(HEAD, b"ok").unwrap());
        let answers: Vec<Answer> = answers.collect();
        for mut answer in answers {
            read(&mut answer);
            answer.keep();
        }
        assert_eq!(server.idle(), MAX_IDLE);
    }

    #[test]
    fn an_answer_ends_with_its_stream_if_it_is_told() {
        let server = server();
        let mut answer = server.send(HEAD, b"ok").unwrap();
        answer.end();
        let mut whole = String::new();
        answer.read_to_string(&mut whole).unwrap();
        assert!(whole.ends_with("\r\n\r\nok"), "{whole}");
    }

    #[test]
    fn a_closed_server_takes_nothing_and_leaves_nothing() {
        let server = server();
        let mut answer = server.send(HEAD, b"ok").unwrap();
        read(&mut answer);
        answer.keep();
        let path = server.running().unwrap().socket.directory().to_owned();
        assert!(path.exists());
        server.close();
        assert!(server.send(HEAD, b"ok").is_err());
        assert!(!path.exists());
    }
}
