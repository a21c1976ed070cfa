//! A running server of the tiny front, and its builder.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::error::Error;
use crate::front::listen_address::ListenAddress;
use crate::front::listener::Listener;
use crate::front::server_thread::ServerThread;
use crate::front::tiny::accept::Acceptor;
use crate::front::tiny::options::Options;
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
/// A connection takes a thread while it is open. Chunked bodies are refused (411). A client
/// that closes its connection cancels nothing: its call runs to its end.
///
/// After a stop, no new connection is accepted, and those without a call are closed. The calls
/// in progress are answered if they end within [`Options::grace`]. A function that still runs
/// then is abandoned: nothing waits for its thread.
#[derive(Debug)]
#[must_use = "a server stops when it is dropped"]
pub struct Server(ServerThread);

impl Server {
    /// Starts a server with the default options.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::start`].
    pub fn new(
        listener: impl Into<Listener>,
        service: impl Into<Arc<Service>>,
    ) -> Result<Self, Error> {
        Server::builder(listener, service).start()
    }

    /// Returns a builder of a server that answers on `listener` with the functions of
    /// `service`.
    pub fn builder(listener: impl Into<Listener>, service: impl Into<Arc<Service>>) -> Builder {
        Builder {
            listener: listener.into(),
            service: service.into(),
            options: Options::default(),
            stop: None,
        }
    }

    /// Returns the address of TCP on which the server listens; 0.0.0.0:0 if it listens on a
    /// Unix socket, which [`listen_address`](Server::listen_address) tells.
    pub fn address(&self) -> SocketAddr {
        let none = SocketAddr::from(([0; 4], 0));
        self.0.address().tcp().unwrap_or(none)
    }

    /// Returns the address on which the server listens, TCP's or a Unix socket's.
    pub fn listen_address(&self) -> &ListenAddress {
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
    /// None today: a failure to accept a connection is logged and survived.
    pub fn wait(self) -> Result<(), Error> {
        self.0.wait()
    }
}

/// The settings of a [`Server`] that is yet to be started.
#[derive(Debug)]
#[must_use = "a builder starts nothing before `start`"]
pub struct Builder {
    listener: Listener,
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
        let address = listener.address()?;
        if let Some(open) = address.tcp().filter(|_| address.is_open()) {
            return Err(Error::NotLoopback {
                address: open,
                help: "the tiny front serves this machine alone; listen on 127.0.0.1, or use the hyper front",
            });
        }
        listener.set_nonblocking(false)?;
        let prepare = move || Acceptor::new(listener, service, options);
        let run = |acceptor: Acceptor, stop: &Stop| {
            acceptor.run(stop);
            Ok(())
        };
        ServerThread::start(address, stop.as_ref(), prepare, run).map(Server)
    }
}
