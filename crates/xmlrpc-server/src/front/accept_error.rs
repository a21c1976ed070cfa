//! Errors of accepting a connection.

use std::io::{self, ErrorKind};
use std::time::Duration;

/// The pause after a failure to accept for want of a descriptor or memory: the next try would
/// fail at once, and again.
pub(crate) const PAUSE: Duration = Duration::from_millis(100);

/// Returns whether the error is about one connection alone, so that the next one can be
/// accepted at once.
pub(crate) fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::Interrupted
    )
}
