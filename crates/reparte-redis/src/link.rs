//! A connection that is made again when it breaks.

use crate::backoff::Backoff;
use crate::connection::{Connection, Connector};
use crate::error::Error;
use crate::health::{Health, HealthPart};
use crate::shutdown::Shutdown;

/// A connection that is made again when it breaks.
#[derive(Debug)]
pub(crate) struct Link {
    connector: Connector,
    connection: Option<Connection>,
    backoff: Backoff,
    health: HealthPart,
    shutdown: Shutdown,
}

impl Link {
    /// Creates a link without a connection.
    pub(crate) fn new(connector: Connector, health: &Health, shutdown: Shutdown) -> Self {
        Self {
            connector,
            connection: None,
            backoff: Backoff::new(),
            health: health.part(),
            shutdown,
        }
    }

    /// Puts a connection into the link.
    pub(crate) fn with_connection(mut self, connection: Connection) -> Self {
        self.connection = Some(connection);
        self
    }

    /// Connects if there is no connection. Pauses after a failure.
    pub(crate) fn connect(&mut self) -> Result<(), Error> {
        if self.connection.is_some() {
            return Ok(());
        }
        match self.connector.connect() {
            Ok(connection) => {
                self.connection = Some(connection);
                Ok(())
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Runs `work` on the connection that there is, which `work` may break by itself: the link does not
    /// pause then.
    pub(crate) fn attempt_alone<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(connection) = &mut self.connection else {
            return Err(Error::Closed);
        };
        let outcome = work(connection);
        if outcome.is_err() {
            self.connection = None;
        }
        outcome
    }

    /// Runs `work` on the connection, which is made first if there is none. After an error the
    /// connection is given up, and the link pauses.
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
        match outcome {
            Ok(done) => {
                self.backoff.reset();
                self.health.note_success();
                Ok(done)
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    fn fail(&mut self, error: Error) -> Error {
        if matches!(error, Error::Held { .. }) {
            // The server has done its part, and this client ends.
            return error;
        }
        self.connection = None;
        if matches!(error, Error::TooLarge { .. }) {
            // It is not tried again.
            return error;
        }
        self.health.note_failure(&error);
        self.shutdown.wait(self.backoff.pause());
        error
    }
}
