//! The options of the hyper front.

use std::thread;
use std::time::Duration;

#[cfg(feature = "tls")]
use super::tls::Tls;
use crate::token::Token;

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
