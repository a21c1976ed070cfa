//! A thread whose end can be waited for, for a time at most.

use std::thread;
use std::time::Instant;

use crate::error::Error;
use crate::shutdown::{GiveAtEnd, Shutdown};

/// A thread. It goes on when this is dropped.
#[derive(Debug)]
pub(crate) struct Thread {
    ended: Shutdown,
}

impl Thread {
    /// Starts a thread.
    pub(crate) fn start(name: &str, body: impl FnOnce() + Send + 'static) -> Result<Self, Error> {
        let ended = Shutdown::default();
        let guard = GiveAtEnd(ended.clone());
        let body = move || {
            let _guard = guard;
            body();
        };
        let started = thread::Builder::new().name(name.to_owned()).spawn(body);
        started.map_err(|error| Error::NoThread {
            message: error.to_string(),
        })?;
        Ok(Self { ended })
    }

    /// Waits for the thread's end, until a moment at most. Returns true if it has ended.
    pub(crate) fn wait_until(&self, until: Instant) -> bool {
        self.ended
            .wait(until.saturating_duration_since(Instant::now()))
    }
}
