//! The connections to one server that no call is using.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::transport::agent_config::MAX_IDLE;
use crate::transport::connection::Connection;

/// Connections that wait for a call, each for at most [`MAX_IDLE`].
#[derive(Debug, Default)]
pub(super) struct IdleConnections {
    /// Each with the time at which it was put here: the oldest first.
    pub(super) connections: Mutex<VecDeque<(Instant, Connection)>>,
}

impl IdleConnections {
    /// Takes the connection that was used last: it is the most likely to be still open.
    pub(super) fn take_latest(&self) -> Option<Connection> {
        let latest = self.with_fresh(VecDeque::pop_back);
        latest.map(|(_, connection)| connection)
    }

    pub(super) fn put(&self, connection: Connection) {
        self.with_fresh(|fresh| fresh.push_back((Instant::now(), connection)));
    }

    /// Drops those that have waited for too long.
    fn with_fresh<T>(&self, f: impl FnOnce(&mut VecDeque<(Instant, Connection)>) -> T) -> T {
        // Each change is one push or pop: a poisoned queue is whole.
        let mut connections = self
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while connections
            .front()
            .is_some_and(|(since, _)| since.elapsed() > MAX_IDLE)
        {
            connections.pop_front();
        }
        f(&mut connections)
    }
}
