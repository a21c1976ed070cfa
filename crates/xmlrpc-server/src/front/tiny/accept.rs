//! The accept loop of blocking connections, and the end of a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::call_table::SlotsGuard;
use crate::error::{Error, system};
use crate::front::accept_error::{PAUSE, is_of_one_connection};
use crate::front::descriptor_limit::max_connections;
use crate::front::listener::Listener;
use crate::front::log_throttle::LogThrottle;
use crate::front::peer::Peer;
use crate::front::tiny::connections::Connections;
use crate::front::tiny::options::Options;
use crate::front::tiny::private_server::PrivateServer;
use crate::front::tiny::receivers::RequestHandler;
use crate::front::tiny::relay::{Shared, serve_connection};
use crate::front::tiny::responder::Responder;
use crate::front::tiny::socket::{ListeningSocket, Socket, Waker};
use crate::service::Service;
use crate::stop::Stop;

/// The descriptors of a connection whose request is being answered: the client's, and three of
/// the exchange with tiny_http, which duplicates its own.
const DESCRIPTORS_PER_CONNECTION: usize = 4;

/// A server before its accept loop runs.
pub(crate) struct Acceptor {
    listener: ListeningSocket,
    connections: Arc<Connections>,
    shared: Arc<Shared>,
    waker: Arc<Waker>,
    grace: Duration,
    _slots: SlotsGuard,
}

impl Acceptor {
    /// Returns an acceptor of a blocking listener.
    ///
    /// # Errors
    ///
    /// tiny_http can't listen, or there is no descriptor.
    pub(crate) fn new(
        listener: Listener,
        service: Arc<Service>,
        options: Options,
    ) -> Result<Self, Error> {
        let max = max_connections(options.connections, DESCRIPTORS_PER_CONNECTION);
        let slots = service.calls().add_slots(options.workers.max(1));
        let responder = Arc::new(Responder::new(service, options.workers, options.memory));
        let handler: Arc<dyn RequestHandler> = Arc::clone(&responder) as _;
        let server = PrivateServer::start(handler).map_err(system(
            "make a socket for tiny_http in the directory of temporary files",
        ))?;
        let listener = ListeningSocket::new(listener);
        Ok(Acceptor {
            waker: Arc::new(listener.waker().map_err(system("set up the listener"))?),
            listener,
            connections: Arc::new(Connections::new(max)),
            grace: options.grace,
            _slots: slots,
            shared: Arc::new(Shared {
                responder,
                server,
                options,
            }),
        })
    }

    /// Accepts and serves until the stop. Then closes the listener and the connections that
    /// are in no call, and waits for the others, at most for the grace.
    pub(crate) fn run(self, stop: &Stop) {
        let is_stopped = Arc::new(AtomicBool::new(false));
        let (stopping, connections) = (Arc::clone(&is_stopped), Arc::clone(&self.connections));
        let waker = Arc::clone(&self.waker);
        let _hook = stop.hook(move || {
            stopping.store(true, Ordering::SeqCst);
            connections.close();
            waker.wake();
        });
        let mut throttle = LogThrottle::default();
        while !is_stopped.load(Ordering::SeqCst) {
            match self.listener.accept() {
                Ok((stream, peer)) => {
                    if let Err(error) = self.serve(stream, peer) {
                        throttle.accept_failed(&error);
                        thread::sleep(PAUSE);
                    }
                }
                // The stop ends the wait.
                Err(_) if is_stopped.load(Ordering::SeqCst) => {}
                Err(error) => {
                    throttle.accept_failed(&error);
                    if !is_of_one_connection(&error) {
                        thread::sleep(PAUSE);
                    }
                }
            }
        }
        drop(self.listener);
        self.connections.wait_until_no_call(self.grace);
        self.shared.server.close();
    }

    /// Serves a connection in a thread of its own, so that a client that sends or reads slowly
    /// holds up no other.
    fn serve(&self, stream: Socket, peer: Peer) -> std::io::Result<()> {
        let Some(connection) = self.connections.enter(stream) else {
            return Ok(());
        };
        let shared = Arc::clone(&self.shared);
        thread::Builder::new()
            .name("xmlrpc-connection".to_owned())
            .spawn(move || serve_connection(&connection, peer, &shared))?;
        Ok(())
    }
}
