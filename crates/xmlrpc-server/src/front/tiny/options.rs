//! The options of the tiny front.

use std::time::Duration;

/// The options of a server of the tiny front.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// The most functions that run at once; further calls wait. 1 by default, as in the
    /// article; 0 counts as 1.
    pub workers: usize,
    /// The time that running calls get to finish after a stop; 10 seconds by default.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            workers: 1,
            grace: Duration::from_secs(10),
        }
    }
}
