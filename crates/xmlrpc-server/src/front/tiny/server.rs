//! A running server of the tiny front, and its builder.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use crate::error::{Error, system};
use crate::front::listen::local_address;
use crate::front::server_thread::ServerThread;
use crate::front::tiny::options::Options;
use crate::front::tiny::responder::Responder;
use crate::front::tiny::supervisor::Supervisor;
use crate::service::Service;
use crate::stop::Stop;

/// A server of the tiny front. It runs in threads of its own until it is stopped or this is
/// dropped.
///
/// ```
/// use xmlrpc_server::{Service, front::{listen, tiny::Server}};
///
/// let mut service = Service::new();
/// service.register("cuad", |n: i32| n * n)?;
/// let server = Server::new(listen("localhost:0")?, service)?;
/// println!("listening on http://{}", server.address());
/// # server.stop();
/// server.wait()?;
/// # Ok::<(), xmlrpc_server::Error>(())
/// ```
///
/// A connection takes a thread and two descriptors while it is open, and a request takes a
/// second thread. There is no limit on their number, nor on a client's time. Answers are
/// HTTP/1.0, after which a client closes. Chunked bodies are refused (411).
///
/// A request that declares more than the service's limit, or more than 1 GiB, is refused,
/// and holds its thread and two descriptors until the process ends.
///
/// tiny_http's threads can die or stall without a sign, so the front connects to itself twice
/// a second. A connection that was stuck is served within a second.
///
/// After a stop, the calls in progress are answered if they end within [`Options::grace`].
/// The threads of connections that are still open then stay until the process ends.
#[derive(Debug)]
#[must_use = "a server stops when it is dropped"]
pub struct Server(ServerThread);

impl Server {
    /// Starts a server with the default options.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::start`].
    pub fn new(listener: TcpListener, service: impl Into<Arc<Service>>) -> Result<Self, Error> {
        Server::builder(listener, service).start()
    }

    /// Returns a builder of a server that answers on `listener` with the functions of
    /// `service`.
    pub fn builder(listener: TcpListener, service: impl Into<Arc<Service>>) -> Builder {
        Builder {
            listener,
            service: service.into(),
            options: Options::default(),
            stop: None,
        }
    }

    /// Returns the address on which the server listens.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Tells the server to end, and returns at once.
    pub fn stop(&self) {
        self.0.stop_handle().stop();
    }

    /// Returns a handle that ends this server from any thread.
    pub fn stop_handle(&self) -> Stop {
        self.0.stop_handle().clone()
    }

    /// Blocks until the server has ended: after a stop, at most for [`Options::grace`] and
    /// a moment.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyOverlong`] at the 64th request that declared more than the limit, or
    /// at an eighth of the process's limit on descriptors if that is less.
    pub fn wait(self) -> Result<(), Error> {
        self.0.wait()
    }
}

/// The settings of a [`Server`] that is yet to be started.
#[derive(Debug)]
#[must_use = "a builder starts nothing before `start`"]
pub struct Builder {
    listener: TcpListener,
    service: Arc<Service>,
    options: Options,
    stop: Option<Stop>,
}

impl Builder {
    /// Sets the options; those set before are replaced.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Sets a handle that ends the server, besides its own
    /// ([`stop_handle`](Server::stop_handle)); one set before is replaced. Several servers
    /// may share one.
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = Some(stop);
        self
    }

    /// Starts the server. It accepts connections once this returns.
    ///
    /// # Errors
    ///
    /// [`Error::NotLoopback`] if other machines reach the listener's address, and
    /// [`Error::System`] if the listener or a thread can't be set up. A failure to accept a
    /// connection is logged and survived.
    pub fn start(self) -> Result<Server, Error> {
        let Builder {
            listener,
            service,
            options,
            stop,
        } = self;
        let address = local_address(&listener)?;
        if !address.ip().to_canonical().is_loopback() {
            return Err(Error::NotLoopback {
                address,
                help: "the tiny front serves this machine alone; listen on 127.0.0.1, or use the hyper front",
            });
        }
        listener
            .set_nonblocking(false)
            .map_err(system("set up the listener"))?;
        let prepare = move || {
            let slots = service.calls().add_slots(options.workers.max(1));
            let responder = Arc::new(Responder::new(service, options.workers));
            let supervisor = Supervisor::start(listener, address, Arc::clone(&responder))?;
            Ok((supervisor, responder, slots))
        };
        let run = move |(supervisor, responder, _slots): (Supervisor, Arc<Responder>, _),
                        stop: &Stop| {
            let ended = supervisor.run(stop);
            responder.workers.wait_until_idle(options.grace);
            ended
        };
        ServerThread::start(address, stop.as_ref(), prepare, run).map(Server)
    }
}
