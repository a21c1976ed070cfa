//! The network front, on hyper.

mod accept;
mod again;
mod body;
mod connection;
mod credentials;
mod exchange;
mod framing;
mod impatient;
mod pace;
mod packing;
mod pages;
mod peers;
mod places;
mod pool;
mod response;
mod strict;
mod tcp;
#[cfg(feature = "tls")]
mod tls;
mod unless;

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{address_of, system};
use crate::{Error, Service, Stop, Token};
#[cfg(feature = "tls")]
pub use tls::Tls;

/// How long idle threads get to end.
const LAST_STEPS: Duration = Duration::from_millis(200);

/// How the hyper front serves.
///
/// ```
/// let mut options = xmlrpc_server::front::hyper::Options::default();
/// options.workers = 1;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Functions that run at once; one per core by default, and never less than one.
    pub workers: usize,
    /// Calls that wait for a worker; a further one is answered with 503 and
    /// `Retry-After: 1` at once. 256 by default; with 0, a call is taken only if it can run
    /// at once.
    pub queue: usize,
    /// Connections at once; 10,000 by default, and never so many that they would take the
    /// last descriptors of the process. A further one takes the place of the one that has
    /// been idle for longest; where none is idle, it waits.
    pub connections: usize,
    /// Connections of one address, or of one IPv6 network of 64 bits, at once; further
    /// ones are closed. 256 by default. Those of this machine are not counted: a proxy
    /// that speaks for many is most likely one.
    pub connections_per_peer: usize,
    /// Time in which the whole head of a request has to come; also how long an idle
    /// connection is kept. 30 seconds by default.
    pub head_timeout: Duration,
    /// Time in which the whole body of a request has to come; 30 seconds by default.
    pub body_timeout: Duration,
    /// Time in which an answer has to be taken, from when the system can hold no more of it
    /// for its client; 60 seconds by default. Then the connection is closed.
    pub write_timeout: Duration,
    /// How long a call may take, waiting and running, whose client does not say; 1 hour by
    /// default. A client says it with the header `Reparte-Deadline-Ms`. A call that takes
    /// longer is answered with 504, and its function is told by its
    /// [`Context`](crate::Context).
    pub deadline: Duration,
    /// How long running calls may take to finish after a stop; 10 seconds by default.
    pub grace: Duration,
    /// What a client has to show to call. None by default, which only loopback allows,
    /// or [`without_token`](Options::without_token).
    ///
    /// Without TLS, whoever can read the network can read the token.
    pub token: Option<Token>,
    /// How to speak TLS, if at all; not by default.
    #[cfg(feature = "tls")]
    pub tls: Option<Tls>,
    /// Names by which clients call the server, such as its DNS name, beside the address
    /// that they connect to; on loopback also `localhost`. Where no token is asked for, a
    /// request with another `Host` is refused: it may be made by a web page whose name
    /// leads here (DNS rebinding).
    pub hosts: Vec<String>,
    /// Serve an address that other machines reach, though no token is asked of them:
    /// whoever reaches it may call. False by default.
    pub without_token: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            workers: thread::available_parallelism().map_or(1, usize::from),
            queue: 256,
            connections: 10_000,
            connections_per_peer: 256,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            deadline: Duration::from_secs(60 * 60),
            grace: Duration::from_secs(10),
            token: None,
            #[cfg(feature = "tls")]
            tls: None,
            hosts: Vec::new(),
            without_token: false,
        }
    }
}

/// Serves `service` on `listener` until `stop` is stopped.
///
/// Two threads speak with all clients. A function runs in one more, or in one of the two
/// while it is known to be quick; [`Options::workers`] run at once. `system.*`, `reparte.*`
/// and all faults that need no function are answered however busy those are.
///
/// GET of `/` and `/RPC2` gives [`Service::page`], of `/metrics` [`Service::metrics`], to who
/// may call; of `/health` it gives `ok`, without a token too. What is published by
/// [`Service::resource`] is for who may call, too.
///
/// A call is cancelled when its client goes, when its deadline passes, and by
/// `reparte.cancel`: if it has not begun, it will not; a function that runs is told by
/// its [`Context`](crate::Context), if it takes one, and can't be stopped otherwise. A
/// client that closes only its writing side counts as gone. One that sends more after a
/// request than that request is not seen to go.
///
/// After a stop: no new connections, idle ones are closed, running calls are answered if
/// they end within [`Options::grace`]. A worker that still computes then is left to
/// itself: its thread ends with its function, and nobody waits for it.
///
/// # Errors
///
/// [`Error::NotLoopback`] for another address without [`Options::token`] or
/// [`Options::without_token`], and
/// [`Error::System`] where threads or the runtime can't be had. An error of one
/// connection, and a failure to accept one, is logged and survived.
///
/// # Panics
///
/// When called in a thread that runs async code on a tokio runtime: give it a thread
/// of its own.
pub fn serve(
    listener: TcpListener,
    service: impl Into<Arc<Service>>,
    options: &Options,
    stop: &Stop,
) -> Result<(), Error> {
    let address = address_of(&listener)?;
    let is_open = !address.ip().to_canonical().is_loopback();
    if is_open && options.token.is_none() && !options.without_token {
        return Err(Error::NotLoopback {
            address,
            help: "whoever reaches it may call; ask for a token, say without_token if that is meant, or listen on 127.0.0.1",
        });
    }
    listener
        .set_nonblocking(true)
        .map_err(system("set up the listener"))?;
    // Two threads speak with all clients, of which a quick function may hold one (see
    // `pace`); each other function takes one more.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(options.workers.max(1).saturating_add(2))
        .thread_name("xmlrpc-server")
        .enable_io()
        .enable_time()
        .build()
        .map_err(system("start the runtime"))?;
    let service = service.into();
    let _slots = service.control().open(options.workers.max(1));
    let accepting = accept::run(listener, service, options.clone(), stop.clone());
    let accepting = runtime.spawn(accepting);
    let served = runtime.block_on(accepting);
    // The connections end with the runtime. Functions that still compute are left to
    // themselves: nobody awaits their answers any more.
    runtime.shutdown_timeout(LAST_STEPS);
    served.unwrap_or_else(|error| Err(system("serve")(error.into())))
}
