//! The network front, on hyper.

mod accept;
mod body;
mod connection;
mod pool;

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{address_of, system};
use crate::{Error, Service, Stop};
use pool::Pool;

/// How the hyper front serves.
///
/// ```
/// let mut options = xmlrpc_server::front::hyper::Options::default();
/// options.workers = 1;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Functions that run at once, each in a thread of its own; one per core by
    /// default, and never less than one.
    pub workers: usize,
    /// Calls that wait for a worker; a further one is answered with 503 and
    /// `Retry-After: 1` at once. 256 by default; with 0, a call is taken only by a
    /// worker that waits for it.
    pub queue: usize,
    /// Connections at once; further ones wait to be accepted. 10,000 by default, and
    /// never so many that they would take the last descriptors of the process.
    pub connections: usize,
    /// Time in which the whole head of a request has to come; also how long an idle
    /// connection is kept. 30 seconds by default.
    pub head_timeout: Duration,
    /// Time in which the whole body of a request has to come; 30 seconds by default.
    pub body_timeout: Duration,
    /// How long a call may take, waiting and running, whose client does not say; 1 hour by
    /// default. A client says it with the header `Reparte-Deadline-Ms`. A call that takes
    /// longer is answered with 504, and its function is told by its
    /// [`Context`](crate::Context).
    pub deadline: Duration,
    /// How long running calls may take to finish after a stop; 10 seconds by default.
    pub grace: Duration,
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
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(60 * 60),
            grace: Duration::from_secs(10),
            without_token: false,
        }
    }
}

/// Serves `service` on `listener` until `stop` is stopped.
///
/// One thread, the caller's, speaks with all clients; the functions run in
/// [`Options::workers`] others. `system.*`, `reparte.*` and all faults that need no
/// function are answered by the first, however busy the workers are.
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
/// [`Error::NotLoopback`] for another address without [`Options::without_token`], and
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
    if !address.ip().to_canonical().is_loopback() && !options.without_token {
        return Err(Error::NotLoopback {
            address,
            help: "whoever reaches it may call; say without_token if that is meant, or listen on 127.0.0.1",
        });
    }
    listener
        .set_nonblocking(true)
        .map_err(system("set up the listener"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(system("start the runtime"))?;
    let service = service.into();
    let pool = Pool::start(&service, options)?;
    let _slots = service.control().open(options.workers.max(1));
    let served = runtime.block_on(accept::run(listener, service, pool.entry(), options, stop));
    // The connections end with the runtime, and with them the pool's last callers.
    drop(runtime);
    pool.end();
    served
}
