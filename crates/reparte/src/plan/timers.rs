//! Times at which something is due for a server.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::ids::ServerId;

/// At most one time a server, the earliest first. The time itself is kept by
/// the server's state, which passes the old and the new one to [`set`](Self::set).
#[derive(Debug, Default)]
pub(super) struct Timers {
    times: BTreeSet<(Duration, ServerId)>,
}

impl Timers {
    /// Replaces the server's time.
    pub(super) fn set(
        &mut self,
        server: ServerId,
        old: &mut Option<Duration>,
        new: Option<Duration>,
    ) {
        if *old == new {
            return;
        }
        if let Some(at) = std::mem::replace(old, new) {
            self.times.remove(&(at, server));
        }
        if let Some(at) = new {
            self.times.insert((at, server));
        }
    }

    /// Returns the earliest time and its server.
    pub(super) fn first(&self) -> Option<(Duration, ServerId)> {
        self.times.first().copied()
    }
}
