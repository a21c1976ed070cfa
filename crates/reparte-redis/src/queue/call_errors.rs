//! The errors with which calls of a run end without an answer.

use reparte::{CallError, ErrorKind};

use crate::error::Error;
use crate::health::Failure;

/// Returns the error of a call that is not wanted any more.
pub(crate) fn cancelled() -> CallError {
    CallError::new(ErrorKind::Cancelled, "cancelled")
}

/// Returns the error of a call that has not run, since its run begins no more work.
pub(crate) fn withdrawn() -> CallError {
    let kind = ErrorKind::Busy { retry_after: None };
    CallError::new(kind, "taken back before a worker had it")
}

/// Returns the error of a call that can't wait any longer for the server.
pub(crate) fn unreachable(failure: &Failure) -> CallError {
    let message = format!(
        "the engine has failed for {} s: {}",
        failure.lasts.as_secs(),
        failure.last
    );
    CallError::new(ErrorKind::Unreachable, message)
}

/// Returns the kind of the error of a call whose task can't be submitted.
pub(crate) fn kind_of(error: &Error) -> ErrorKind {
    match error {
        Error::Refused { .. } => ErrorKind::Refused,
        Error::TooLarge { .. } => ErrorKind::Unsendable,
        Error::Closed => ErrorKind::Cancelled,
        _ => ErrorKind::Unreachable,
    }
}
