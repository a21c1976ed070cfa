//! The threads that receive the requests which tiny_http has read, and answer them.
//!
//! | a thread | becomes | by |
//! | --- | --- | --- |
//! | waiting | answering | a request, once another thread waits |
//! | answering | waiting | the end of the answer |
//! | answering | ended | the end of the answer, if enough others wait |
//! | waiting, answering | ended | the drop of [`Receivers`], which waits for that |
//!
//! One of them always waits: a long call holds up no other.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tiny_http::Request;

/// The most threads that wait for a request.
const MAX_WAITING: usize = 16;

/// The part of a front that answers tiny_http's requests.
pub(crate) trait RequestHandler: Send + Sync + 'static {
    /// Answers a request, which may take long.
    fn answer(&self, request: Request);

    /// Refuses a request at once: no other thread can be started, and a function would hold up
    /// all others.
    fn refuse(&self, request: Request);
}

/// The receivers of one server of tiny_http, which end when this is dropped.
pub(crate) struct Receivers {
    server: Arc<tiny_http::Server>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    state: Mutex<State>,
    /// Signalled when the last thread has ended.
    none_left: Condvar,
}

#[derive(Default)]
struct State {
    waiting: usize,
    /// The threads that wait and those that answer.
    threads: usize,
    is_ended: bool,
}

/// A receiving thread. Its fields are dropped in this order: once none is counted any more,
/// [`Receivers`] alone holds the server.
struct Receiver {
    server: Arc<tiny_http::Server>,
    handler: Arc<dyn RequestHandler>,
    counted: Counted,
}

/// A thread's place in the count.
struct Counted(Arc<Counts>);

impl Receivers {
    /// Starts to receive the requests of a server.
    ///
    /// # Errors
    ///
    /// There is no thread.
    pub(crate) fn start(
        server: tiny_http::Server,
        handler: Arc<dyn RequestHandler>,
    ) -> io::Result<Self> {
        let receivers = Receivers {
            server: Arc::new(server),
            counts: Arc::default(),
        };
        receivers.counts.lock().add_waiting();
        let receiver = Receiver {
            server: Arc::clone(&receivers.server),
            handler,
            counted: Counted(Arc::clone(&receivers.counts)),
        };
        receiver.spawn()?;
        Ok(receivers)
    }
}

impl Drop for Receivers {
    fn drop(&mut self) {
        let mut state = self.counts.lock();
        state.is_ended = true;
        for _ in 0..state.threads {
            self.server.unblock();
        }
        let none_left = &self.counts.none_left;
        drop(none_left.wait_while(state, |state| state.threads > 0));
    }
}

impl Receiver {
    fn spawn(self) -> io::Result<()> {
        thread::Builder::new()
            .name("xmlrpc-request".to_owned())
            .spawn(move || self.run())
            .map(drop)
    }

    fn run(self) {
        while !self.counts().lock().is_ended {
            // An error is the end of tiny_http's accept loop, after which there may be requests
            // of connections that were accepted before; or the end of all.
            let Ok(request) = self.server.recv() else {
                continue;
            };
            match self.ensure_another() {
                Ok(()) => self.handler.answer(request),
                Err(_) => self.handler.refuse(request),
            }
            if !self.counts().lock().wait_again() {
                return;
            }
        }
    }

    /// Starts a thread that waits for requests in place of this one, unless others do.
    fn ensure_another(&self) -> io::Result<()> {
        {
            let mut state = self.counts().lock();
            state.waiting -= 1;
            if state.waiting > 0 || state.is_ended {
                return Ok(());
            }
            state.add_waiting();
        }
        let another = Receiver {
            server: Arc::clone(&self.server),
            handler: Arc::clone(&self.handler),
            counted: Counted(Arc::clone(self.counts())),
        };
        another.spawn().inspect_err(|_| {
            // Its drop has left the count of all threads.
            self.counts().lock().waiting -= 1;
        })
    }

    fn counts(&self) -> &Arc<Counts> {
        &self.counted.0
    }
}

impl State {
    fn add_waiting(&mut self) {
        self.waiting += 1;
        self.threads += 1;
    }

    /// Returns whether a thread that has answered waits for another request.
    fn wait_again(&mut self) -> bool {
        let is_wanted = self.waiting < MAX_WAITING;
        self.waiting += usize::from(is_wanted);
        is_wanted
    }
}

impl Counts {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.threads -= 1;
        if state.threads == 0 {
            self.0.none_left.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::sync::mpsc::{Receiver as Channel, Sender, channel};
    use std::time::{Duration, Instant};

    use tiny_http::{Response, Server};

    use super::*;
    use crate::front::tiny::private_socket::{PrivateSocket, Stream};

    /// The longest that a test waits.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// A handler that answers once it is released.
    struct Held {
        entered: Sender<()>,
        released: Mutex<Channel<()>>,
    }

    impl RequestHandler for Held {
        fn answer(&self, request: Request) {
            self.entered.send(()).unwrap();
            self.released.lock().unwrap().recv().unwrap();
            request.respond(Response::empty(204)).unwrap();
        }

        fn refuse(&self, _: Request) {}
    }

    struct Fixture {
        receivers: Receivers,
        socket: PrivateSocket,
        entered: Channel<()>,
        release: Sender<()>,
    }

    impl Fixture {
        fn new() -> Self {
            let (socket, listener) = PrivateSocket::bind().unwrap();
            let server = Server::from_listener(listener, None).unwrap();
            let (enter, entered) = channel();
            let (release, released) = channel();
            let handler = Arc::new(Held {
                entered: enter,
                released: Mutex::new(released),
            });
            Fixture {
                receivers: Receivers::start(server, handler).unwrap(),
                socket,
                entered,
                release,
            }
        }

        /// Sends a request, which is being answered when this returns.
        fn request(&self) -> Stream {
            let mut stream = self.socket.connect().unwrap();
            let head = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n";
            stream.write_all(head).unwrap();
            self.entered.recv_timeout(PATIENCE).unwrap();
            stream
        }

        /// Returns the number of threads, once all of them wait.
        fn threads(&self) -> usize {
            let start = Instant::now();
            loop {
                let state = self.receivers.counts.lock();
                if state.waiting == state.threads {
                    return state.threads;
                }
                assert!(start.elapsed() < PATIENCE, "{} wait", state.waiting);
                drop(state);
                thread::yield_now();
            }
        }
    }

    fn finish(mut stream: Stream) {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    }

    #[test]
    fn calls_in_turn_take_two_threads() {
        let fixture = Fixture::new();
        assert_eq!(fixture.threads(), 1);
        for _ in 0..10 {
            let stream = fixture.request();
            fixture.release.send(()).unwrap();
            finish(stream);
            assert_eq!(fixture.threads(), 2);
        }
    }

    #[test]
    fn a_running_call_holds_up_no_other_and_few_threads_stay() {
        let fixture = Fixture::new();
        let streams: Vec<_> = (0..MAX_WAITING + 5).map(|_| fixture.request()).collect();
        {
            let state = fixture.receivers.counts.lock();
            assert_eq!((state.waiting, state.threads), (1, MAX_WAITING + 6));
        }
        for _ in &streams {
            fixture.release.send(()).unwrap();
        }
        streams.into_iter().for_each(finish);
        assert_eq!(fixture.threads(), MAX_WAITING);
    }

    #[test]
    fn the_end_waits_for_running_calls_and_leaves_no_thread() {
        let fixture = Fixture::new();
        let stream = fixture.request();
        let server = Arc::downgrade(&fixture.receivers.server);
        let (end, ended) = channel();
        let receivers = fixture.receivers;
        thread::spawn(move || {
            drop(receivers);
            end.send(())
        });
        assert!(ended.recv_timeout(Duration::from_millis(100)).is_err());
        fixture.release.send(()).unwrap();
        finish(stream);
        ended.recv_timeout(PATIENCE).unwrap();
        // tiny_http's accept loop ends with its server.
        assert!(server.upgrade().is_none());
    }
}
