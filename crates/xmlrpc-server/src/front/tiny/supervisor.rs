//! The supervisor of tiny_http, which replaces a server whose accept loop has failed.
//!
//! | server | event | then |
//! | --- | --- | --- |
//! | serving | its accept loop fails, or the probe finds it dead | failed |
//! | failed | [`PAUSE`] passes, and a new one listens | serving |
//! | failed | [`PAUSE`] passes, and none can listen | failed |
//! | any | the stop, or too many overlong requests | ended |

use std::mem;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, after, never, select, unbounded};
use tiny_http::Server;

use crate::error::{Error, system};
use crate::front::log_throttle::LogThrottle;
use crate::front::tiny::probe::Probe;
use crate::front::tiny::responder::{Responder, TooManyOverlong};
use crate::stop::Stop;

/// The pause between a failure to accept and the next server: most likely the process has no
/// descriptor left, and the next try would fail at once.
const PAUSE: Duration = Duration::from_millis(500);

/// The time after which the silent connections of a failed server are abandoned.
const SILENCE: Duration = Duration::from_secs(60);

enum Event {
    Stopped,
    AcceptFailed(String),
    TooManyOverlong(usize),
}

/// A server of tiny_http on a listener, and the means to replace it.
pub(crate) struct Supervisor {
    listener: TcpListener,
    address: SocketAddr,
    responder: Arc<Responder>,
    events: Sender<Event>,
    happened: Receiver<Event>,
    /// `None` while a failed server has not been replaced.
    server: Option<Arc<Server>>,
    probe: Option<Probe>,
}

impl Supervisor {
    /// Starts a server on the listener, and the probe that watches it.
    pub(crate) fn start(
        listener: TcpListener,
        address: SocketAddr,
        responder: Arc<Responder>,
    ) -> Result<Self, Error> {
        let (events, happened) = unbounded();
        let mut supervisor = Supervisor {
            listener,
            address,
            responder,
            events,
            happened,
            server: None,
            probe: None,
        };
        supervisor.server = Some(supervisor.listen()?);
        supervisor.probe = Some(supervisor.start_probe()?);
        Ok(supervisor)
    }

    /// Serves until the stop, and closes the listener.
    pub(crate) fn run(mut self, stop: &Stop) -> Result<(), Error> {
        let stopped = self.events.clone();
        let _hook = stop.hook(move || drop(stopped.send(Event::Stopped)));
        let ended = self.supervise();
        drop(self.probe.take());
        self.responder.close();
        if let Some(server) = self.server.take() {
            end(server, self.address);
        }
        ended
    }

    /// Keeps a server on the listener until the stop.
    fn supervise(&mut self) -> Result<(), Error> {
        let mut throttle = LogThrottle::default();
        let mut listen_again = never();
        loop {
            let failure = select! {
                recv(self.happened) -> event => match event {
                    // A second report about a server that has been given up.
                    Ok(Event::AcceptFailed(_)) if self.server.is_none() => continue,
                    Ok(Event::AcceptFailed(failure)) => failure,
                    Ok(Event::TooManyOverlong(count)) => {
                        return Err(Error::TooManyOverlong { count });
                    }
                    Ok(Event::Stopped) | Err(_) => return Ok(()),
                },
                recv(listen_again) -> _ => match self.listen() {
                    Ok(listening) => {
                        self.server = Some(listening);
                        listen_again = never();
                        continue;
                    }
                    Err(error) => error.to_string(),
                },
            };
            throttle.accept_failed(&failure);
            // The accept loop is over, but its connections are not. The drop of the server
            // would drop the requests that they still send, which may abort the process.
            mem::forget(self.server.take());
            listen_again = after(PAUSE);
        }
    }

    /// Starts a server on the listener, and a thread that takes its requests.
    fn listen(&self) -> Result<Arc<Server>, Error> {
        let doing = "listen with tiny_http";
        let listener = self.listener.try_clone().map_err(system(doing))?;
        let server = Server::from_listener(listener, None)
            .map_err(|error| system(doing)(std::io::Error::other(error)))?;
        let server = Arc::new(server);
        let (responder, events) = (Arc::clone(&self.responder), self.events.clone());
        let receiving = Arc::clone(&server);
        thread::Builder::new()
            .name("xmlrpc-receive".to_owned())
            .spawn(move || receive(&receiving, &responder, &events))
            .map_err(system(doing))?;
        Ok(server)
    }

    fn start_probe(&self) -> Result<Probe, Error> {
        let (responder, events) = (Arc::clone(&self.responder), self.events.clone());
        let dead = move || {
            let failure = "tiny_http has stopped accepting".to_owned();
            drop(events.send(Event::AcceptFailed(failure)));
        };
        Probe::start(self.address, move || responder.taken(), dead)
            .map_err(system("start the tiny front's probe"))
    }
}

/// Takes requests until the accept loop fails, and then those of the connections that
/// outlive it.
fn receive(server: &Server, responder: &Arc<Responder>, events: &Sender<Event>) {
    let take = |request| {
        if let Err(TooManyOverlong(count)) = responder.take(request) {
            drop(events.send(Event::TooManyOverlong(count)));
        }
    };
    // `incoming_requests` would swallow the failure.
    let failure = loop {
        match server.recv() {
            Ok(request) => take(request),
            Err(error) => break error,
        }
    };
    if responder.is_closed() {
        return;
    }
    drop(events.send(Event::AcceptFailed(failure.to_string())));
    while let Ok(Some(request)) = server.recv_timeout(SILENCE) {
        take(request);
    }
}

/// Ends a server that accepts connections.
///
/// A dropped server stops accepting. But when the last of its connections closes, the
/// requests that came after are dropped, and one with a giant length would abort the
/// process. A connection that stays open for ever prevents that.
fn end(server: Arc<Server>, address: SocketAddr) {
    server.unblock();
    match TcpStream::connect(address) {
        Ok(connection) => mem::forget(connection),
        Err(_) => mem::forget(server),
    }
}
