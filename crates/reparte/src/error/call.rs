//! How one call failed.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::text::Foreign;

/// What sort of failure a [`CallError`] is, which decides what becomes of its
/// task and of its server.
///
/// | kind | the call ran? | its task | its server |
/// | --- | --- | --- | --- |
/// | `Fault` | yes | failed: this is its answer | goes on |
/// | `Unsendable` | no | failed | goes on |
/// | `Unreachable`, `Unanswered` | no | retried, not counted | put aside |
/// | `Busy` | no | retried, not counted | put aside for as long as it asks |
/// | `Refused`, `NotFound` | no | retried, not counted | out for good |
/// | `Wrong` | yes | retried, counted | in quarantine for good |
/// | all others | perhaps | retried, counted | put aside |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The function answered, with a failure of its own. Not retried.
    Fault {
        /// The fault's code.
        code: i32,
    },
    /// The arguments can't be sent to any server. Not retried.
    Unsendable,
    /// No connection was made: the call never ran.
    Unreachable,
    /// No connection was made because nothing answered, not even with a refusal, as of a
    /// machine without its power or its network: the call never ran.
    Unanswered,
    /// The connection broke before the whole answer was there (reset, closed,
    /// truncated): the call may have run.
    Interrupted,
    /// No answer within the time limit: the call may have run.
    TimedOut,
    /// The server has no room just now: the call did not run.
    Busy {
        /// How long the server asked to be left alone, if it said.
        retry_after: Option<Duration>,
    },
    /// The server wants credentials, or others (HTTP 401, 403). Not asked again.
    Refused,
    /// The server takes no such calls at that address (HTTP 404 and the like,
    /// or the fault of a function that it does not publish: -32601, or Python's
    /// sentence for it). Not asked again.
    NotFound,
    /// The server answered with another HTTP error.
    Http {
        /// The status code.
        status: u16,
    },
    /// The answer is not what such a call can answer: not well-formed, too big,
    /// or of the wrong type.
    Malformed,
    /// The answer is of the right type, and not true: a check of it, such as
    /// [`verify`](crate::RepartidorBuilder::verify)'s, says so. Not asked
    /// again.
    Wrong,
    /// The destination's own code panicked.
    Panicked,
    /// The call was given up on request.
    Cancelled,
}

impl ErrorKind {
    /// The kind as a short lower-case noun or adjective, the same for every
    /// fault code, status and delay.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fault { .. } => "fault",
            Self::Unsendable => "unsendable",
            Self::Unreachable => "unreachable",
            Self::Unanswered => "unanswered",
            Self::Interrupted => "interrupted",
            Self::TimedOut => "timed out",
            Self::Busy { .. } => "busy",
            Self::Refused => "refused",
            Self::NotFound => "not found",
            Self::Http { .. } => "http error",
            Self::Malformed => "malformed",
            Self::Wrong => "wrong",
            Self::Panicked => "panicked",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the call may have run, so that the try counts against its task.
    pub(crate) fn may_have_run(self) -> bool {
        !matches!(
            self,
            Self::Unsendable
                | Self::Unreachable
                | Self::Unanswered
                | Self::Busy { .. }
                | Self::Refused
                | Self::NotFound
        )
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault { code } => write!(f, "fault {code}"),
            Self::Http { status } => write!(f, "http status {status}"),
            _ => f.write_str(self.name()),
        }
    }
}

/// Why a call brought no result: a [kind](ErrorKind), a text, and the error
/// underneath where there is one.
///
/// Displays on one line, with text from outside escaped and cut;
/// [`message`](Self::message) gives the text whole.
#[derive(Clone, Debug)]
pub struct CallError {
    kind: ErrorKind,
    message: String,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl CallError {
    /// An error of this kind, with a text that says what happened.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// The function's own failure: a fault's code and text.
    pub fn fault(code: i32, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Fault { code }, message)
    }

    /// An error of this kind that says what `source` says, and keeps it.
    pub fn from_source(kind: ErrorKind, source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            kind,
            message: source.to_string(),
            source: Some(Arc::new(source)),
        }
    }

    pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("a panic without a text");
        Self::new(ErrorKind::Panicked, text)
    }

    /// What sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The text as it came, not escaped.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, Foreign(&self.message))
    }
}

impl Error for CallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The source's own text is this error's message already.
        self.source.as_deref().and_then(Error::source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_says_itself() {
        let cases = [
            (CallError::fault(7, "no\nsuch"), "fault 7: no\\nsuch"),
            (
                CallError::new(ErrorKind::Http { status: 500 }, "oops"),
                "http status 500: oops",
            ),
            (
                CallError::new(ErrorKind::Busy { retry_after: None }, "4 of 4"),
                "busy: 4 of 4",
            ),
            (
                CallError::new(ErrorKind::TimedOut, "after 2 s"),
                "timed out: after 2 s",
            ),
        ];
        for (error, text) in cases {
            assert_eq!(error.to_string(), text);
        }
    }
}
