//! The error of a call.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use untrusted_text::OneLine;

/// The kind of a [`CallError`]. It decides about the call's task and its server.
///
/// | kind | did the call run? | its task | its server |
/// | --- | --- | --- | --- |
/// | `Fault` | yes | fails: the fault is its answer | stays in use |
/// | `Unsendable` | no | fails | stays in use |
/// | `Unreachable`, `Unanswered` | no | is retried; the call does not count | is set aside |
/// | `Busy` | no | is retried; the call does not count | is set aside for as long as it asks |
/// | `Refused`, `NotFound` | no | is retried; the call does not count | gets no more calls |
/// | `Wrong` | yes | is retried; the call counts | is in quarantine for the rest of the run |
/// | all others | perhaps | is retried; the call counts | is set aside |
///
/// A call that counts is one of the [`max_attempts`](crate::Options::max_attempts) of its
/// task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The function answered with a failure of its own. The task is not retried, unless
    /// [`retry_faults`](crate::Options::retry_faults) names the fault.
    Fault {
        /// The fault's code.
        code: i32,
    },
    /// The arguments can't be sent to any server. The task is not retried.
    Unsendable,
    /// No connection was made, so the call never ran.
    Unreachable,
    /// No connection was made, because nothing answered, not even with a refusal: the
    /// machine may be without power or network. The call never ran.
    Unanswered,
    /// The connection broke before the whole answer had come (reset, closed, truncated).
    /// The call may have run.
    Interrupted,
    /// No answer came within the time limit. The call may have run.
    TimedOut,
    /// The server has no room at the moment. The call did not run.
    Busy {
        /// The time for which the server asks to get no calls, if it says.
        retry_after: Option<Duration>,
    },
    /// The server demands credentials, or other ones (HTTP 401, 403).
    Refused,
    /// The server does not serve such calls at that address: HTTP 404 and the like, or the
    /// fault for a function that is not published (-32601, or the text that Python's server
    /// has for it).
    NotFound,
    /// The server answered with another HTTP error.
    Http {
        /// The status code.
        status: u16,
    },
    /// The answer is not a valid answer to such a call: not well-formed, too large, or of
    /// the wrong type.
    Malformed,
    /// The answer is of the right type, and incorrect: a check such as
    /// [`verify`](crate::RepartidorBuilder::verify) rejects it.
    Wrong,
    /// The destination's own code panicked.
    Panicked,
    /// The call was cancelled.
    Cancelled,
}

impl ErrorKind {
    /// Returns the kind as a short lower-case text, equal for all fault codes, statuses and
    /// delays.
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

    /// Returns true if the call may have run: it then counts as an attempt of its task.
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

/// The error of a call: a [kind](ErrorKind), a text, and the error underneath if there is
/// one.
///
/// It displays on one line, with text from outside escaped. Beyond 300 characters the middle of
/// the text is left out. [`message`](Self::message) returns the whole text.
#[derive(Clone, Debug)]
pub struct CallError {
    kind: ErrorKind,
    message: String,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl CallError {
    /// Creates an error of this kind, with a text that says what happened.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// Creates the error of a function that answered with a fault: its code and text.
    pub fn fault(code: i32, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Fault { code }, message)
    }

    /// Creates an error of this kind from another error, which becomes its text and its
    /// source.
    pub fn from_source(kind: ErrorKind, source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            kind,
            message: source.to_string(),
            source: Some(Arc::new(source)),
        }
    }

    /// Creates the error of a call that panicked with this payload.
    pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("a panic without a text");
        Self::new(ErrorKind::Panicked, text)
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the text as it came, not escaped.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = OneLine::new(&self.message).keep_end();
        write!(f, "{}: {message}", self.kind)
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
