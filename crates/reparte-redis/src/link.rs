//! A connection that is made again when it breaks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::backoff::Backoff;
use crate::connection::{Connection, Connector};
use crate::error::Error;
use crate::shutdown::Shutdown;

/// The state of the server, as all connections of a queue or a worker see it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The time of the first failure since the last success.
    failing_since: Option<Instant>,
    /// The error that was logged last: another one of the same text is not logged.
    logged: Option<String>,
}

/// A connection that is made again when it breaks.
#[derive(Debug)]
pub(crate) struct Link {
    connector: Connector,
    connection: Option<Connection>,
    backoff: Backoff,
    health: Health,
    shutdown: Shutdown,
}

impl Health {
    /// Notes a success.
    pub(crate) fn note_success(&self) {
        let mut state = self.lock();
        if state.failing_since.take().is_some() && state.logged.take().is_some() {
            log::info!("the engine answers again");
        }
    }

    /// Notes a failure, and logs it unless it is that of before.
    pub(crate) fn note_failure(&self, error: &Error) {
        let text = error.to_string();
        let mut state = self.lock();
        state.failing_since.get_or_insert_with(Instant::now);
        if state.logged.as_ref() != Some(&text) {
            log::warn!("the engine: {text}; trying again");
            state.logged = Some(text);
        }
    }

    /// Returns the time for which the server has failed.
    pub(crate) fn failing_for(&self) -> Option<Duration> {
        self.lock().failing_since.map(|since| since.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment, so the state is whole after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Link {
    /// Creates a link without a connection.
    pub(crate) fn new(connector: Connector, health: Health, shutdown: Shutdown) -> Self {
        Self {
            connector,
            connection: None,
            backoff: Backoff::new(),
            health,
            shutdown,
        }
    }

    /// Puts a connection into the link.
    pub(crate) fn with_connection(mut self, connection: Connection) -> Self {
        self.connection = Some(connection);
        self
    }

    /// Runs `work` on the connection, which is made first if there is none. After a transient
    /// error the connection is given up, and the next call pauses first.
    pub(crate) fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let outcome = match &mut self.connection {
            Some(connection) => work(connection),
            none => self
                .connector
                .connect()
                .and_then(|connected| work(none.insert(connected))),
        };
        match &outcome {
            Ok(_) => {
                self.backoff.reset();
                self.health.note_success();
            }
            Err(error) => {
                self.health.note_failure(error);
                self.connection = None;
                self.shutdown.wait(self.backoff.pause());
            }
        }
        outcome
    }
}
