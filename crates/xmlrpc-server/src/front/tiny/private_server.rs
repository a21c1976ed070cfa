//! tiny_http on its private socket, and its replacement when it fails.
//!
//! | server | event | then |
//! | --- | --- | --- |
//! | none, failed | an exchange, and one can listen | serving |
//! | none, failed | an exchange, and none can listen | failed |
//! | serving | its accept loop ends or panics | failed, at the next exchange |
//! | any | [`PrivateServer::close`] | closed |
//!
//! tiny_http's accept loop ends at the first error, and panics if the last descriptor goes to a
//! connection. Both close its socket, so that the next exchange finds nobody who accepts. The
//! exchanges that a failed server has accepted hold it until they have ended.

use std::io::{self, Write as _};
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use tiny_http::Request;

use crate::front::tiny::private_socket::{PrivateSocket, Stream};

/// The most times that one request is sent.
const MAX_TRIES: usize = 3;

type Take = Arc<dyn Fn(Request) + Send + Sync>;

/// tiny_http on a socket of this process alone.
pub(crate) struct PrivateServer {
    take: Take,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Option<Arc<Running>>,
    is_closed: bool,
}

/// A server of tiny_http, which ends when this is dropped.
struct Running {
    /// Dropped before the socket: its drop connects to itself, which wakes its accept loop.
    server: Arc<tiny_http::Server>,
    socket: PrivateSocket,
    receiver: Option<JoinHandle<()>>,
    /// Set before the receiver is woken for its end. It is also woken by tiny_http's failure,
    /// after which there may be requests of connections that were accepted before.
    is_ended: Arc<AtomicBool>,
}

/// The answer to a request, which ends with the stream.
pub(crate) struct Answer {
    pub(crate) stream: Stream,
    _running: Arc<Running>,
}

impl PrivateServer {
    /// Starts a server that hands each request to `take`, which must not block.
    ///
    /// # Errors
    ///
    /// There is no socket, or no thread.
    pub(crate) fn start(take: impl Fn(Request) + Send + Sync + 'static) -> io::Result<Self> {
        let take: Take = Arc::new(take);
        let running = Arc::new(Running::start(&take)?);
        Ok(PrivateServer {
            take,
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
            match running.socket.connect() {
                Ok(mut stream) => match send(&mut stream, head, body) {
                    Ok(()) => {
                        let _running = running;
                        return Ok(Answer { stream, _running });
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
        let running = Arc::new(Running::start(&self.take)?);
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

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn start(take: &Take) -> io::Result<Self> {
        let (socket, listener) = PrivateSocket::bind()?;
        let server = tiny_http::Server::from_listener(listener, None).map_err(io::Error::other)?;
        let mut running = Running {
            server: Arc::new(server),
            socket,
            receiver: None,
            is_ended: Arc::default(),
        };
        let (server, take) = (Arc::clone(&running.server), Arc::clone(take));
        let is_ended = Arc::clone(&running.is_ended);
        let receive = move || {
            while !is_ended.load(Ordering::SeqCst) {
                if let Ok(request) = server.recv() {
                    take(request);
                }
            }
        };
        let receiver = thread::Builder::new()
            .name("xmlrpc-receive".to_owned())
            .spawn(receive)?;
        running.receiver = Some(receiver);
        Ok(running)
    }
}

fn send(stream: &mut Stream, head: &[u8], body: &[u8]) -> io::Result<()> {
    stream.write_all(head)?;
    stream.write_all(body)?;
    stream.shutdown(Shutdown::Write)
}

impl Drop for Running {
    fn drop(&mut self) {
        self.is_ended.store(true, Ordering::SeqCst);
        self.server.unblock();
        if let Some(receiver) = self.receiver.take() {
            // It has panicked if `take` has, and ends in either case.
            let _ = receiver.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use tiny_http::Response;

    use super::*;

    const HEAD: &[u8] = b"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\n";

    fn server() -> PrivateServer {
        PrivateServer::start(|mut request: Request| {
            let mut body = String::new();
            request.as_reader().read_to_string(&mut body).unwrap();
            request.respond(Response::from_string(body)).unwrap();
        })
        .unwrap()
    }

    fn answer(server: &PrivateServer) -> io::Result<String> {
        let mut answer = String::new();
        let mut stream = server.send(HEAD, b"ok")?.stream;
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    #[test]
    fn a_failed_server_is_replaced() {
        let server = server();
        assert!(answer(&server).unwrap().ends_with("\r\n\r\nok"));
        let failed = server.running().unwrap();
        // As a server is left whose accept loop has gone.
        server.lock().running.as_ref().unwrap().socket.remove();
        assert!(answer(&server).unwrap().ends_with("\r\n\r\nok"));
        assert!(!Arc::ptr_eq(&failed, &server.running().unwrap()));
    }

    #[test]
    fn a_closed_server_takes_nothing_and_leaves_nothing() {
        let server = server();
        let path = server.running().unwrap().socket.directory().to_owned();
        assert!(path.exists());
        server.close();
        assert!(answer(&server).is_err());
        assert!(!path.exists());
    }
}
