//! The simple front, on tiny_http, for this machine alone.
//!
//! tiny_http 0.12 has traps, and what is done about each is told where it is done.

mod calls;

use std::io::{self, Read, Write};
use std::mem;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Sender, after, bounded, never, select, unbounded};
use tiny_http::{Header, Request, Response, Server, StatusCode};

use super::head::{Body, Refusal, judge};
use super::throttle::Throttle;
use super::{access, address_of, descriptors, system};
use crate::{Error, Service, Step, Stop};
use calls::Calls;

/// Requests with a declared length beyond the limit that are borne at most: each holds
/// a thread and two descriptors for good.
const OVERLONG: usize = 64;

/// The highest limit on a body's bytes, whatever the service's: tiny_http may allocate
/// as many at once.
const HIGHEST_LIMIT: usize = 1 << 30;

/// How long to leave the listener alone after a failure to accept, for want of
/// descriptors most likely.
const PAUSE: Duration = Duration::from_secs(1);

/// How long connections that outlive their accept loop may be silent before nobody
/// listens to them any more.
const SILENCE: Duration = Duration::from_secs(60);

/// Room that is made ahead for a body, in bytes, whatever length it declares.
const ROOM: usize = 64 * 1024;

/// How the tiny front serves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Functions that run at once; further calls wait. 1 by default, as in the article,
    /// and never less.
    pub workers: usize,
    /// How long running calls may take to finish after a stop; 10 seconds by default.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            workers: 1,
            grace: Duration::from_secs(10),
        }
    }
}

/// Serves `service` on `listener` until `stop` is stopped.
///
/// A connection costs a thread and two descriptors while it is open, and a request a
/// second thread; there is no bound on their number and no limit on a client's time.
/// Answers are HTTP/1.0, after which a client closes. Chunked bodies are refused (411).
///
/// A request that declares more than the service's limit (or more than 1 GiB) is
/// refused, and holds its thread and two descriptors for good.
///
/// After a stop, the calls at hand are answered if they end within [`Options::grace`].
/// What serves connections that are still open then stays until the process ends.
///
/// # Errors
///
/// [`Error::NotLoopback`] for any address that other machines reach,
/// [`Error::TooManyOverlong`] at the 64th request of the kind above (or at an eighth of
/// the process's limit on descriptors, if that is less), [`Error::System`] where the
/// listener or a thread can't be had. A failure to accept is logged and survived.
pub fn serve(
    listener: TcpListener,
    service: impl Into<Arc<Service>>,
    options: &Options,
    stop: &Stop,
) -> Result<(), Error> {
    let address = address_of(&listener)?;
    if !address.ip().to_canonical().is_loopback() {
        return Err(Error::NotLoopback {
            address,
            help: "the tiny front serves this machine alone; listen on 127.0.0.1, or use the hyper front",
        });
    }
    listener
        .set_nonblocking(false)
        .map_err(system("set up the listener"))?;
    let (events, happened) = unbounded();
    let stopped = events.clone();
    let _hook = stop.hook(move || {
        let _ = stopped.send(Event::Stopped);
    });
    let front = Arc::new(Front::new(service.into(), options.workers, events));
    let mut throttle = Throttle::default();
    let mut server = Some(front.listen(&listener)?);
    let mut listen_again = never();
    let ended = loop {
        let failed = select! {
            recv(happened) -> event => match event {
                Ok(Event::AcceptFailed(error)) => {
                    // Its accept loop is over, but its connections are not. Dropped, it
                    // would drop the requests that they still send.
                    mem::forget(server.take());
                    error.to_string()
                }
                Ok(Event::TooManyOverlong(count)) => break Err(Error::TooManyOverlong { count }),
                Ok(Event::Stopped) | Err(_) => break Ok(()),
            },
            recv(listen_again) -> _ => match front.listen(&listener) {
                Ok(listening) => {
                    server = Some(listening);
                    continue;
                }
                Err(error) => error.to_string(),
            },
        };
        throttle.accept_failed(&failed);
        listen_again = after(PAUSE);
    };
    front.is_ending.store(true, Ordering::SeqCst);
    if let Some(server) = server {
        end(server, address);
    }
    front.calls.wait_for_none(options.grace);
    ended
}

/// Ends a server that accepts connections.
///
/// Dropped, it stops accepting; but the last of its connections to close drops the
/// requests that came after, and one with a giant length would abort the process. A
/// connection that is never closed keeps that from happening.
fn end(server: Arc<Server>, address: SocketAddr) {
    server.unblock();
    match TcpStream::connect(address) {
        Ok(connection) => mem::forget(connection),
        Err(_) => mem::forget(server),
    }
}

enum Event {
    Stopped,
    AcceptFailed(io::Error),
    TooManyOverlong(usize),
}

struct Front {
    service: Arc<Service>,
    limit: usize,
    calls: Calls,
    overlong: AtomicUsize,
    overlong_cap: usize,
    is_ending: AtomicBool,
    events: Sender<Event>,
}

impl Front {
    fn new(service: Arc<Service>, workers: usize, events: Sender<Event>) -> Self {
        let descriptors = descriptors::limit().unwrap_or(usize::MAX);
        Front {
            limit: service.limits().bytes.min(HIGHEST_LIMIT),
            service,
            calls: Calls::new(workers.max(1)),
            overlong: AtomicUsize::new(0),
            overlong_cap: OVERLONG.min(descriptors / 8).max(1),
            is_ending: AtomicBool::new(false),
            events,
        }
    }

    /// A server on the listener, and a thread that takes its requests.
    fn listen(self: &Arc<Self>, listener: &TcpListener) -> Result<Arc<Server>, Error> {
        let doing = "listen with tiny_http";
        let listener = listener.try_clone().map_err(system(doing))?;
        let server = Server::from_listener(listener, None)
            .map_err(|error| system(doing)(io::Error::other(error)))?;
        let server = Arc::new(server);
        let (front, receiving) = (Arc::clone(self), Arc::clone(&server));
        thread::Builder::new()
            .name("xmlrpc-receive".to_owned())
            .spawn(move || front.receive(&receiving))
            .map_err(system(doing))?;
        Ok(server)
    }

    fn receive(self: &Arc<Self>, server: &Server) {
        // Not `incoming_requests`, which swallows the failure.
        let failed = loop {
            match server.recv() {
                Ok(request) => self.take(request),
                Err(error) => break error,
            }
        };
        if self.is_ending.load(Ordering::SeqCst) {
            return;
        }
        let _ = self.events.send(Event::AcceptFailed(failed));
        while let Ok(Some(request)) = server.recv_timeout(SILENCE) {
            self.take(request);
        }
    }

    /// Answers a request, in a thread of its own: a client that sends its body or reads
    /// its answer slowly holds up nobody else.
    fn take(self: &Arc<Self>, request: Request) {
        if self.is_ending.load(Ordering::SeqCst) {
            return mem::forget(request);
        }
        if request
            .body_length()
            .is_some_and(|length| length > self.limit)
        {
            return self.forget(request);
        }
        // Handed over once the thread is there: a failed spawn would drop it.
        let (hand_over, handed) = bounded(1);
        let front = Arc::clone(self);
        let spawned = thread::Builder::new()
            .name("xmlrpc-request".to_owned())
            .spawn(move || handed.iter().for_each(|request| front.answer(request)));
        match spawned {
            Ok(_) => {
                let _ = hand_over.send(request);
            }
            Err(_) => self.answer(request),
        }
    }

    fn answer(&self, mut request: Request) {
        let (status, answer, _call) = match self.read(&mut request) {
            Ok(body) => {
                let call = self.calls.begin();
                let document = match self.service.begin(&body) {
                    Step::Answer(document) => document,
                    Step::Call(call) => {
                        let _slot = self.calls.slot();
                        self.service.run(call)
                    }
                };
                (200, reply("200 OK", "text/xml", "", &document), Some(call))
            }
            Err(refusal) => {
                let status = format!("{} {}", refusal.status(), refusal.reason());
                let header = header_line(refusal);
                let text = refusal.text().as_bytes();
                (
                    refusal.status(),
                    reply(&status, "text/plain", &header, text),
                    None,
                )
            }
        };
        log(&request, status);
        // `respond` would answer as the client's HTTP, which keeps its connection open,
        // and with it a thread. A client that has gone gets no answer: no more to do.
        let mut writer = request.into_writer();
        let _ = writer.write_all(&answer).and_then(|()| writer.flush());
    }

    fn read(&self, request: &mut Request) -> Result<Vec<u8>, Refusal> {
        let length = match self.judge(request)? {
            Body::Sized(length) => length,
            Body::Chunked => return Err(Refusal::LengthRequired),
        };
        let mut body = Vec::with_capacity(length.min(ROOM));
        let read = request
            .as_reader()
            .take(length as u64)
            .read_to_end(&mut body);
        match read {
            Ok(read) if read == length => Ok(body),
            _ => Err(Refusal::Incomplete),
        }
    }

    fn judge(&self, request: &Request) -> Result<Body, Refusal> {
        let values = |name| {
            let of_name = move |header: &&Header| header.field.equiv(name);
            let headers = request.headers().iter().filter(of_name);
            headers.map(|header| header.value.as_str().as_bytes())
        };
        let is_chunked = values("Transfer-Encoding").next().is_some();
        let lengths = values("Content-Length");
        judge(
            request.method().as_str(),
            request.url(),
            lengths,
            is_chunked,
            self.limit,
        )
    }

    /// Refuses a request that declares more than the limit, and never drops it: its
    /// destructor, and `respond` and `into_writer` run it, allocates all that is
    /// missing of the body at once, which aborts the process (tiny-http issue 252).
    fn forget(&self, request: Request) {
        let refusal = self.judge(&request).err().unwrap_or(Refusal::TooLarge);
        log(&request, refusal.status());
        // The one way to write without the destructor is `upgrade`, which frames nothing:
        // what the client needs to see the end goes with another header's value.
        let framing = format!(
            "text/plain\r\n{}Connection: close\r\nContent-Length: 0",
            header_line(refusal)
        );
        let header = Header::from_bytes("Content-Type", framing);
        let mut headers = Vec::new();
        headers.extend(header);
        let response = Response::new(
            StatusCode(refusal.status()),
            headers,
            io::empty(),
            None,
            None,
        );
        mem::forget(request.upgrade("HTTP/1.0", response));
        let count = self.overlong.fetch_add(1, Ordering::SeqCst) + 1;
        if count >= self.overlong_cap {
            let _ = self.events.send(Event::TooManyOverlong(count));
        }
    }
}

fn reply(status: &str, content_type: &str, header: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut reply = format!(
        "HTTP/1.0 {status}\r\nContent-Type: {content_type}\r\n{header}Connection: close\r\n\
         Content-Length: {length}\r\n\r\n"
    )
    .into_bytes();
    reply.extend_from_slice(body);
    reply
}

fn header_line(refusal: Refusal) -> String {
    match refusal.header() {
        Some((name, value)) => format!("{name}: {value}\r\n"),
        None => String::new(),
    }
}

fn log(request: &Request, status: u16) {
    let peer = request.remote_addr().map(|address| address.ip());
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let version = format!("HTTP/{}", request.http_version());
    access::log(
        peer,
        request.method().as_str(),
        request.url(),
        &version,
        status,
    );
}
