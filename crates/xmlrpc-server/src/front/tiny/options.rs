//! The options of the tiny front.

use std::time::Duration;

/// The options of a server of the tiny front.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// The most functions that run at once; further calls wait. 1 by default, as in the
    /// article; 0 counts as 1.
    pub workers: usize,
    /// The most connections at once, each with a thread; 1,000 by default, and fewer where the
    /// process may have few descriptors, at four each. A further one takes the place of the one that has been
    /// idle for longest; if none is idle, it waits.
    pub connections: usize,
    /// The bytes of requests and answers that all clients may hold together; 256 MiB by default,
    /// and never less than four requests at the limit of the service on a
    /// request's bytes. This front holds each request twice, and counts it twice.
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
    /// The time in which a client has to read its answer; 60 seconds by default. Then the
    /// connection is closed.
    pub write_timeout: Duration,
    /// The time that running calls get to finish after a stop; 10 seconds by default.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            workers: 1,
            connections: 1000,
            memory: 256 * 1024 * 1024,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            grace: Duration::from_secs(10),
        }
    }
}
