//! The error of `try_next` and `next_timeout`.

use std::fmt;

use crossbeam_channel::{RecvTimeoutError, TryRecvError};

/// The error of [`Outcomes::try_next`](crate::Outcomes::try_next),
/// [`Events::next_timeout`](crate::Events::next_timeout) and the like, which wait for
/// nothing, or not for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TryNextError {
    /// Nothing has come yet; more may come.
    Empty,
    /// The last one has been given: nothing follows.
    Ended,
}

impl fmt::Display for TryNextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "nothing has come yet",
            Self::Ended => "the last one has been given",
        })
    }
}

impl std::error::Error for TryNextError {}

impl From<TryRecvError> for TryNextError {
    fn from(error: TryRecvError) -> Self {
        match error {
            TryRecvError::Empty => Self::Empty,
            TryRecvError::Disconnected => Self::Ended,
        }
    }
}

impl From<RecvTimeoutError> for TryNextError {
    fn from(error: RecvTimeoutError) -> Self {
        match error {
            RecvTimeoutError::Timeout => Self::Empty,
            RecvTimeoutError::Disconnected => Self::Ended,
        }
    }
}
