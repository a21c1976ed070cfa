//! The options of the hyper front.

use std::thread;
use std::time::Duration;

#[cfg(feature = "tls")]
use crate::front::hyper::tls::Tls;
use crate::token::Token;

/// The options of a server of the hyper front.
///
/// ```
/// let mut options = xmlrpc_server::front::hyper::Options::default();
/// options.workers = 1;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// The most functions that run at once; one per core by default. 0 counts as 1.
    pub workers: usize,
    /// The threads that speak with all clients: half as many as there are cores by default,
    /// and at least two. Fewer than two count as two.
    ///
    /// Each of them but one may run a function that is known to be quick, besides
    /// [`workers`](Options::workers).
    pub io_threads: usize,
    /// The most calls that wait for a worker; 256 by default. A further one is answered with
    /// 503 and `Retry-After: 1` at once. With 0, a call is taken only if it can run at once.
    pub queue: usize,
    /// The most connections at once; 10,000 by default, and fewer than the process may have
    /// descriptors. A further one takes the place of the one that has been idle for longest;
    /// if none is idle, it waits.
    pub connections: usize,
    /// The most connections of one IPv4 address, or of one IPv6 network of 64 bits; 256 by
    /// default. Further ones are closed. Those of this machine are not counted: one that has
    /// many is most likely a proxy, which speaks for many.
    pub connections_per_peer: usize,
    /// The bytes of requests and answers that all clients may hold together; 256 MiB by default,
    /// and never less than one request and one answer at the limit of the
    /// service on a request's bytes.
    ///
    /// A request beyond it is answered with 503 and `Retry-After: 1` before its body is read. So
    /// is a call before its function begins, if there is no room for twice the longest answer of
    /// late. A body takes its share as it comes, at most twice what has come, and is refused when
    /// there is no room for more. While anybody is refused for want of memory, a body that does
    /// not bring a 32nd of its room in two seconds gives way: it is ended by 503 too. A sixteenth
    /// is for requests of up to 16 KiB alone. What functions hold themselves is not counted.
    pub memory: usize,
    /// The time limit on the head of a request, and on an idle connection; 30 seconds by
    /// default.
    pub head_timeout: Duration,
    /// The time limit on the body of a request; 30 seconds by default.
    pub body_timeout: Duration,
    /// The time in which a client has to read its answer, from the moment when the system
    /// can buffer no more of it; 60 seconds by default. Then the connection is closed.
    pub write_timeout: Duration,
    /// The time without a byte after which the system asks a client whether it is still there;
    /// 15 seconds by default. It asks again three times, a third of this time apart. A call
    /// whose client's machine has gone is then cancelled, some twice this time after. `None`
    /// never asks. A time below a second counts as one.
    pub tcp_keepalive: Option<Duration>,
    /// The time limit on a call, waiting and running, whose client gives none; 1 hour by
    /// default. A client gives one with the header `Reparte-Deadline-Ms`. A call that takes
    /// longer is answered with 504, and its function is told by its
    /// [`Context`](crate::Context).
    pub deadline: Duration,
    /// The time that running calls get to finish after a stop; 10 seconds by default.
    pub grace: Duration,
    /// The token that a client has to send to call. None by default, which is allowed on
    /// loopback, and elsewhere with [`without_token`](Options::without_token).
    ///
    /// Without TLS, whoever can read the network can read the token.
    pub token: Option<Token>,
    /// TLS; none by default.
    #[cfg(feature = "tls")]
    pub tls: Option<Tls>,
    /// Names by which clients call the server, such as its DNS name, besides the address
    /// that they connect to, and `localhost` on loopback. If no token is required, a request
    /// with another `Host` is refused: a web page whose name resolves to this address may
    /// have made it (DNS rebinding).
    pub hosts: Vec<String>,
    /// Serve an address that other machines reach although no token is required: whoever
    /// reaches it may call. False by default.
    pub without_token: bool,
}

/// The fewest threads that speak with clients: a quick function may occupy all but one.
const MIN_IO_THREADS: usize = 2;

impl Options {
    /// Returns the number of threads of the runtime.
    pub(crate) fn runtime_threads(&self) -> usize {
        self.io_threads.max(MIN_IO_THREADS)
    }

    /// Returns the number of quick functions that may run at once in these threads.
    pub(crate) fn inline_slots(&self) -> usize {
        self.runtime_threads() - 1
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

impl Default for Options {
    fn default() -> Self {
        Options {
            workers: cores(),
            io_threads: (cores() / 2).max(MIN_IO_THREADS),
            queue: 256,
            connections: 10_000,
            connections_per_peer: 256,
            memory: 256 * 1024 * 1024,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            tcp_keepalive: Some(Duration::from_secs(15)),
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
