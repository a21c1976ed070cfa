//! The reasons why a kept process has not answered a task.

use std::fmt;
use std::io;

use rustix::io::Errno;

use crate::program::kept::backoff::EarlyEnd;

/// The reason why nobody waits for an answer any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GivenUp {
    Cancelled,
    /// All programs are being ended.
    Stopped,
}

/// The reason why a process has not answered.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The process is still at work, and its answer has to be waited for before the next task.
    GivenUp(GivenUp),
    TimeLimit,
    /// The process has ended.
    Died,
    /// The process has closed this stream, and goes on.
    Closed(&'static str),
    /// Bytes that are no answer.
    Nonsense(String),
    /// The answer is longer than this.
    OutputLimit(u64),
    System(io::Error),
}

impl Trouble {
    /// Returns the end that this is for a process without an answer, if the process has ended or has
    /// broken the rules of its streams by itself.
    pub(super) fn as_early_end(&self, has_read: bool) -> Option<EarlyEnd> {
        match self {
            Trouble::Died | Trouble::Closed(_) | Trouble::Nonsense(_) if has_read => {
                Some(EarlyEnd::WithTask)
            }
            Trouble::Died => Some(EarlyEnd::Unread),
            Trouble::Closed(_) | Trouble::Nonsense(_) => Some(EarlyEnd::Misuse),
            _ => None,
        }
    }
}

impl From<Errno> for Trouble {
    fn from(error: Errno) -> Self {
        Trouble::System(error.into())
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Trouble::System(error)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::GivenUp(_) => f.write_str("the program was ended"),
            Trouble::TimeLimit => f.write_str("the program was ended at its time limit"),
            Trouble::Died => f.write_str("the program ended"),
            Trouble::Closed(stream) => {
                write!(f, "the program was ended, since it had closed its {stream}")
            }
            Trouble::Nonsense(reason) => {
                write!(f, "the program was ended, since it wrote {reason}")
            }
            Trouble::OutputLimit(most) => write!(
                f,
                "the program was ended, since its result was longer than {most} bytes (have it \
                 write less, or allow it more with --max-output)"
            ),
            Trouble::System(error) => write!(f, "the program was ended: {error}"),
        }
    }
}
