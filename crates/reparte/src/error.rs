//! The errors: of a start, a call, a task, a journal, a reader.

pub(crate) mod call;
pub(crate) mod journal;
pub(crate) mod task;
pub(crate) mod try_next;

use std::{fmt, io};

use untrusted_text::OneLine;

use crate::options::MAX_SLOTS;

/// The error of a [`Repartidor`](crate::Repartidor) that can't be started, or of a server
/// that can't be added to it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The list of servers is empty.
    NoServers,
    /// A server's address can't be read. Give `host:port`, `N/host:port` for N calls at a
    /// time, an `http://` URL, `unix:/socket`, `scgi://host:port`, or `scgi+unix:/socket`.
    #[non_exhaustive]
    BadAddress {
        /// The address as given, without a password.
        address: String,
        /// The reason.
        reason: String,
    },
    /// A destination says that it takes no calls at all.
    #[non_exhaustive]
    NoSlots {
        /// The name of the destination.
        server: String,
    },
    /// All servers together have more slots than [`MAX_SLOTS`].
    #[non_exhaustive]
    TooManySlots {
        /// The number of slots asked for.
        slots: usize,
    },
    /// The system can't start another thread. Each slot takes one.
    Threads(io::Error),
    /// The run has ended: no server can be [added](crate::Handle::add_server) to it.
    RunEnded,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoServers => f.write_str("no servers given"),
            Self::BadAddress { address, reason } => {
                write!(
                    f,
                    "bad address {}: {}",
                    OneLine::new(address),
                    OneLine::new(reason)
                )
            }
            Self::NoSlots { server } => {
                write!(f, "{} takes no calls: it has 0 slots", OneLine::new(server))
            }
            Self::TooManySlots { slots } => {
                write!(
                    f,
                    "{slots} calls at a time asked for, at most {MAX_SLOTS} can be made"
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
