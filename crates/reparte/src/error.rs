//! What can go wrong: with one call, with a task, with a run, before a run.

pub(crate) mod call;
mod journal;
mod run;
mod task;
mod try_next;

use std::{fmt, io};

pub use call::{CallError, ErrorKind};
pub use journal::{JournalError, JournalErrorKind};
pub use run::{Incomplete, SendError};
pub use task::{FailedCall, TaskError, TaskErrorKind};
pub use try_next::TryNextError;

use crate::text::Foreign;

/// Why a [`Repartidor`](crate::Repartidor) could not be made, or be given a
/// server more.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The list of servers is empty.
    NoServers,
    /// A server's address can't be read. Give `host:port`, `N/host:port` for N
    /// calls at a time, or an `http://` URL.
    BadAddress {
        /// The address as given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A destination says that it takes no calls at all.
    NoSlots {
        /// Its name.
        server: String,
    },
    /// The slots of all servers together are more than
    /// [`MAX_SLOTS`](crate::MAX_SLOTS).
    TooManySlots {
        /// How many were asked for.
        slots: usize,
    },
    /// The system would start no more threads: each slot takes one.
    Threads(io::Error),
    /// The run is over: no server can [join](crate::Handle::add_server) it.
    RunEnded,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoServers => f.write_str("no servers given"),
            Self::BadAddress { address, reason } => {
                write!(f, "bad address {}: {}", Foreign(address), Foreign(reason))
            }
            Self::NoSlots { server } => {
                write!(f, "{} takes no calls: it has 0 slots", Foreign(server))
            }
            Self::TooManySlots { slots } => {
                let most = crate::MAX_SLOTS;
                write!(
                    f,
                    "{slots} calls at a time asked for, at most {most} can be made"
                )
            }
            Self::RunEnded => f.write_str("the run is over"),
            Self::Threads(error) => write!(f, "can't start a thread for each slot: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Threads(error) => Some(error),
            _ => None,
        }
    }
}
