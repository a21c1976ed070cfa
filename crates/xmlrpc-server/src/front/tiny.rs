//! The simple front, on tiny_http, for this machine alone.
//!
//! tiny_http 0.12 has traps, and what is done about each is told where it is done.

mod answer;
mod calls;
mod pulse;

use std::mem;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, after, never, select, unbounded};
use tiny_http::Server;

use super::throttle::Throttle;
use super::{address_of, system};
use crate::{Error, Service, Stop};
use answer::{Desk, TooManyOverlong};
use pulse::Pulse;

/// How long to leave the listener alone after a failure to accept, for want of
/// descriptors most likely.
const PAUSE: Duration = Duration::from_millis(500);

/// How long the connections of a dead accept loop may be silent before nobody listens
/// to them any more.
const SILENCE: Duration = Duration::from_secs(60);

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
/// tiny_http's threads can die or stall without a word, so the front visits itself twice
/// a second; a connection that was left lying is served within that time or two.
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
    let _hook = stop.hook({
        let events = events.clone();
        move || drop(events.send(Event::Stopped))
    });
    let service = service.into();
    let _slots = service.control().open(options.workers.max(1));
    let front = Front {
        desk: Arc::new(Desk::new(service, options.workers)),
        listener,
        events,
    };
    let mut server = Some(front.listen()?);
    let pulse = front.pulse(address)?;
    let ended = front.supervise(&mut server, &happened);
    drop(pulse);
    front.desk.close();
    if let Some(server) = server {
        end(server, address);
    }
    front.desk.calls.wait_for_none(options.grace);
    ended
}

enum Event {
    Stopped,
    AcceptFailed(String),
    TooManyOverlong(usize),
}

struct Front {
    desk: Arc<Desk>,
    listener: TcpListener,
    events: Sender<Event>,
}

impl Front {
    /// Sees to it that there is a server until the stop.
    fn supervise(
        &self,
        server: &mut Option<Arc<Server>>,
        happened: &Receiver<Event>,
    ) -> Result<(), Error> {
        let mut throttle = Throttle::default();
        let mut listen_again = never();
        loop {
            let failure = select! {
                recv(happened) -> event => match event {
                    // Said of one that has been given up already.
                    Ok(Event::AcceptFailed(_)) if server.is_none() => continue,
                    Ok(Event::AcceptFailed(failure)) => failure,
                    Ok(Event::TooManyOverlong(count)) => {
                        return Err(Error::TooManyOverlong { count });
                    }
                    Ok(Event::Stopped) | Err(_) => return Ok(()),
                },
                recv(listen_again) -> _ => match self.listen() {
                    Ok(listening) => {
                        *server = Some(listening);
                        listen_again = never();
                        continue;
                    }
                    Err(error) => error.to_string(),
                },
            };
            throttle.accept_failed(&failure);
            // The accept loop is over, but its connections are not. Dropped, the server
            // would drop the requests that they still send.
            mem::forget(server.take());
            listen_again = after(PAUSE);
        }
    }

    /// A server on the listener, and a thread that takes its requests.
    fn listen(&self) -> Result<Arc<Server>, Error> {
        let doing = "listen with tiny_http";
        let listener = self.listener.try_clone().map_err(system(doing))?;
        let server = Server::from_listener(listener, None)
            .map_err(|error| system(doing)(std::io::Error::other(error)))?;
        let server = Arc::new(server);
        let (desk, events) = (Arc::clone(&self.desk), self.events.clone());
        let receiving = Arc::clone(&server);
        thread::Builder::new()
            .name("xmlrpc-receive".to_owned())
            .spawn(move || receive(&receiving, &desk, &events))
            .map_err(system(doing))?;
        Ok(server)
    }

    fn pulse(&self, address: SocketAddr) -> Result<Pulse, Error> {
        let (desk, events) = (Arc::clone(&self.desk), self.events.clone());
        let dead = move || {
            let failure = "tiny_http has stopped accepting".to_owned();
            drop(events.send(Event::AcceptFailed(failure)));
        };
        Pulse::start(address, move || desk.taken(), dead)
            .map_err(system("start the tiny front's pulse"))
    }
}

/// Takes requests, those of connections that outlive their accept loop too.
fn receive(server: &Server, desk: &Arc<Desk>, events: &Sender<Event>) {
    let take = |request| {
        if let Err(TooManyOverlong(count)) = desk.take(request) {
            drop(events.send(Event::TooManyOverlong(count)));
        }
    };
    // Not `incoming_requests`, which swallows the failure.
    let failure = loop {
        match server.recv() {
            Ok(request) => take(request),
            Err(error) => break error,
        }
    };
    if desk.is_closed() {
        return;
    }
    drop(events.send(Event::AcceptFailed(failure.to_string())));
    while let Ok(Some(request)) = server.recv_timeout(SILENCE) {
        take(request);
    }
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
