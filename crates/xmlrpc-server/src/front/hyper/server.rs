//! A running server of the hyper front, and its builder.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{self, Runtime};
use tokio::sync::oneshot;

use crate::error::{Error, system};
use crate::front::hyper::accept::Acceptor;
use crate::front::hyper::options::Options;
use crate::front::listen_address::ListenAddress;
use crate::front::listener::Listener;
use crate::front::server_thread::ServerThread;
use crate::service::Service;
use crate::stop::Stop;

/// The time that the runtime's threads get to end once nothing is left to do.
const RUNTIME_SHUTDOWN: Duration = Duration::from_millis(200);

/// A server of the hyper front. It runs in threads of its own until it is stopped or this is
/// dropped.
///
/// ```
/// use std::net::TcpListener;
/// use xmlrpc_server::{Service, front::hyper::Server};
///
/// let mut service = Service::new();
/// service.register("cuad", |n: i32| n * n)?;
/// let server = Server::new(TcpListener::bind("127.0.0.1:0")?, service)?;
/// println!("listening on http://{}", server.address());
/// # server.stop();
/// server.wait()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A few threads speak with all clients ([`Options::io_threads`]). A function runs in one more,
/// or in one of them while it is known to be quick; [`Options::workers`] run at once.
/// `system.*`, `reparte.*` and all faults that need no function are answered even while every
/// worker is busy.
///
/// GET of `/` and `/RPC2` is answered with [`Service::page`], of `/metrics` with
/// [`Service::metrics`], and of the paths of [`Service::resource`] with what those publish,
/// for whoever may call; GET of `/health` is answered with `ok`, without a token too.
///
/// A call is cancelled when its client disconnects, when its deadline passes, and by
/// `reparte.cancel`. If it waits, its function is not run. A function that runs is told by
/// its [`Context`](crate::Context), if it takes one; nothing else can stop it. A client that
/// closes only its writing side counts as disconnected, unless its request says `Connection:
/// close` or is of HTTP/1.0: it then waits for its answer. A client that sends more after a
/// request, before the answer, is not noticed when it disconnects.
///
/// After a stop, no new connection is accepted, idle ones are closed, and running calls are
/// answered if they end within [`Options::grace`]. A function that still runs then is
/// abandoned: its thread ends with it, and nothing waits for that.
#[derive(Debug)]
#[must_use = "a server stops when it is dropped"]
pub struct Server {
    thread: ServerThread,
    /// Completes, with an error, when the thread drops the other half at its end.
    ended: oneshot::Receiver<()>,
}

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
        self.thread.address().tcp().unwrap_or(none)
    }

    /// Returns the address on which the server listens, TCP's or a Unix socket's.
    pub fn listen_address(&self) -> &ListenAddress {
        self.thread.address()
    }

    /// Tells the server to end, and returns at once.
    pub fn stop(&self) {
        self.thread.stop_handle().stop();
    }

    /// Returns a handle that ends this server from any thread.
    pub fn stop_handle(&self) -> Stop {
        self.thread.stop_handle().clone()
    }

    /// Blocks until the server has ended: after a stop, at most for [`Options::grace`] and
    /// a moment.
    ///
    /// # Errors
    ///
    /// [`Error::System`] if the server ended because of a failure.
    pub fn wait(self) -> Result<(), Error> {
        self.thread.wait()
    }

    /// Waits until `shutdown` completes, stops the server, and waits until it has ended;
    /// returns earlier if the server ends earlier. Dropped before, it stops the server.
    ///
    /// It needs no runtime of its own, and runs on any: the server has its threads.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # use xmlrpc_server::{Service, front::{listen, hyper::Server}};
    /// let server = Server::new(listen("localhost:9000")?, Service::new())?;
    /// let ctrl_c = async { drop(tokio::signal::ctrl_c().await) };
    /// server.run_until(ctrl_c).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`wait`](Server::wait).
    pub async fn run_until(mut self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let mut shutdown = pin!(shutdown);
        let mut ended = pin!(&mut self.ended);
        let stop = self.thread.stop_handle();
        let mut is_stopped = false;
        poll_fn(|context| {
            if !is_stopped && shutdown.as_mut().poll(context).is_ready() {
                is_stopped = true;
                stop.stop();
            }
            ended.as_mut().poll(context)
        })
        .await
        // The thread has dropped its half, as it always does.
        .unwrap_or_default();
        // It returns as soon as the thread has.
        self.thread.wait()
    }
}

/// The settings of a [`Server`] that is yet to be started.
///
/// ```
/// use std::net::TcpListener;
/// use xmlrpc_server::{Service, front::hyper::{Options, Server}};
///
/// let mut options = Options::default();
/// options.workers = 1;
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let server = Server::builder(listener, Service::new())
///     .options(options)
///     .start()?;
/// server.stop();
/// server.wait()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// [`Error::NotLoopback`] if other machines reach the listener's address and neither
    /// [`Options::token`] nor [`Options::without_token`] is set, and [`Error::System`] if
    /// there are no threads or no runtime. A failure of one connection, or to accept one,
    /// is logged and survived.
    pub fn start(self) -> Result<Server, Error> {
        let Builder {
            listener,
            service,
            options,
            stop,
        } = self;
        let address = listener.address()?;
        if let Some(open) = address.tcp().filter(|_| address.is_open())
            && options.token.is_none()
            && !options.without_token
        {
            return Err(Error::NotLoopback {
                address: open,
                help: "whoever reaches it may call; ask for a token, say without_token if that is meant, or listen on 127.0.0.1",
            });
        }
        listener.set_nonblocking(true)?;
        let (end, ended) = oneshot::channel();
        let prepare = move || {
            let runtime = runtime(options.runtime_threads(), options.workers.max(1))?;
            let entered = runtime.enter();
            let acceptor = Acceptor::new(listener, service, options)?;
            drop(entered);
            Ok((runtime, acceptor))
        };
        let run = move |(runtime, acceptor), stop: &Stop| {
            let _end: oneshot::Sender<()> = end;
            run(runtime, acceptor, stop)
        };
        let thread = ServerThread::start(address, stop.as_ref(), prepare, run)?;
        Ok(Server { thread, ended })
    }
}

/// Starts a runtime of some threads, which speak with all clients. Quick functions may occupy
/// all of them but one (see [`inline_calls`](crate::front::hyper::inline_calls)); each other function
/// takes one more thread.
fn runtime(threads: usize, workers: usize) -> Result<Runtime, Error> {
    runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .max_blocking_threads(workers.saturating_add(2))
        .thread_name("xmlrpc-server")
        .enable_io()
        .enable_time()
        .build()
        .map_err(system("start the runtime"))
}

/// Serves until the stop, and ends the runtime.
fn run(runtime: Runtime, acceptor: Acceptor, stop: &Stop) -> Result<(), Error> {
    // On a thread of the runtime: a task there is cheaper to wake than this thread.
    let accepting = runtime.spawn(acceptor.run(stop.clone()));
    let served = runtime.block_on(accepting);
    // The connections end with the runtime. Functions that still run are abandoned: nobody
    // awaits their answers any more.
    runtime.shutdown_timeout(RUNTIME_SHUTDOWN);
    served.map_err(|error| system("serve")(error.into()))
}
