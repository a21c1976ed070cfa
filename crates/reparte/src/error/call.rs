//! The error of a call.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use untrusted_text::OneLine;

/// The class of a failed call, by who is to blame for it.
///
/// Evidence about a server comes from different tasks, and evidence about a task from
/// different servers. So a contested failure is blamed on neither until there is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FailureClass {
    /// The call is lost: the server can't be reached, does not answer, is busy, or the
    /// connection broke. The task is retried, and the server is set aside.
    Lost,
    /// The server's own: it takes no call of this client. It is out, and asked again from
    /// time to time. The task is retried elsewhere.
    Server,
    /// The task's own: it can't be sent to any server, or its result can't be checked. It fails.
    Task,
    /// Either may be to blame: the server answered, and the answer is no result. The task is
    /// tried on another server, which shows who is.
    Contested,
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Lost => "lost",
            Self::Server => "the server's own",
            Self::Task => "the task's own",
            Self::Contested => "contested",
        })
    }
}

/// The kind of a [`CallError`]. It decides about the call's task and its server.
///
/// | kind | [class](Self::class) | did the call run? |
/// | --- | --- | --- |
/// | `Fault`, `Malformed`, `Http`, `Overran`, `Panicked` | contested | perhaps |
/// | `NotFound`, `Forbidden` | contested, once the server has answered a call; the server's own before | no |
/// | `Unsendable` | the task's own | no |
/// | `Unchecked` | the task's own | yes |
/// | `GivenUp` | the task's own | perhaps |
/// | `Refused`, `Unfit` | the server's own | no |
/// | `Wrong` | the server's own, for the rest of the run | yes |
/// | `Unreachable`, `Unanswered`, `Busy` | lost | no |
/// | `Interrupted`, `TimedOut`, `Cancelled` | lost | perhaps |
///
/// A call that may have run is one of the [`max_attempts`](crate::Options::max_attempts) of
/// its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The function answered with a failure of its own. The task is not retried, unless
    /// [`retry_faults`](crate::Options::retry_faults) names the fault.
    Fault {
        /// The fault's code.
        code: i32,
    },
    /// The arguments can't be sent: no document has them, or they are longer than the destination
    /// takes. The task is not retried.
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
    /// The server takes no call of this client: it demands credentials, or other ones (HTTP
    /// 401, 407), or one does not trust the other (TLS).
    Refused,
    /// The server does not serve such calls at that address: HTTP 404 and the like, another
    /// protocol, or the fault for a function that is not published (-32601, or the text that
    /// Python's server has for it).
    NotFound,
    /// The server, or a proxy in front of it, answered with another HTTP error.
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
    /// No answer came within the time limit, and the server has said that it was at work on
    /// the call. Its [name](Self::name) is that of `TimedOut`.
    Overran,
    /// The server forbids the call (HTTP 403).
    Forbidden,
    /// The server has said that its host can't run the function at all, whatever the
    /// arguments.
    Unfit,
    /// The result can't be checked, so that nobody knows if it is right: the check itself
    /// fails. The task is not retried, and the server is not blamed.
    Unchecked,
    /// The destination has given the task up: several of its workers died of it, or none can do
    /// it. The task is not retried.
    GivenUp,
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
            Self::TimedOut | Self::Overran => "timed out",
            Self::Busy { .. } => "busy",
            Self::Refused => "refused",
            Self::Forbidden => "forbidden",
            Self::Unfit => "unfit",
            Self::NotFound => "not found",
            Self::Http { .. } => "http error",
            Self::Malformed => "malformed",
            Self::Wrong => "wrong",
            Self::Unchecked => "unchecked",
            Self::GivenUp => "given up",
            Self::Panicked => "panicked",
            Self::Cancelled => "cancelled",
        }
    }

    /// Returns the class of a failure of this kind. `NotFound` and `Forbidden` are the
    /// server's own until it has answered a call of the run.
    #[must_use]
    pub fn class(self, server_has_answered: bool) -> FailureClass {
        match self {
            Self::Unreachable
            | Self::Unanswered
            | Self::Interrupted
            | Self::TimedOut
            | Self::Busy { .. }
            | Self::Cancelled => FailureClass::Lost,
            Self::Refused | Self::Unfit | Self::Wrong => FailureClass::Server,
            Self::NotFound | Self::Forbidden if !server_has_answered => FailureClass::Server,
            Self::Unsendable | Self::Unchecked | Self::GivenUp => FailureClass::Task,
            Self::Fault { .. }
            | Self::Malformed
            | Self::Http { .. }
            | Self::Overran
            | Self::Panicked
            | Self::NotFound
            | Self::Forbidden => FailureClass::Contested,
        }
    }

    /// Returns true if a failure of this kind on one server agrees with one of `other` on
    /// another: both say the same of the task. Faults agree whatever their codes, and so do
    /// HTTP errors of the same hundred.
    #[must_use]
    pub fn agrees_with(self, other: Self) -> bool {
        match (self, other) {
            (Self::Http { status: one }, Self::Http { status: two }) => one / 100 == two / 100,
            _ => std::mem::discriminant(&self) == std::mem::discriminant(&other),
        }
    }

    /// Returns true for a failure of the destination of a call, whatever
    /// [worker](crate::Destino::has_workers) has had it: the call did not run.
    pub(crate) fn is_of_destination(self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::Unanswered
                | Self::Busy { .. }
                | Self::Refused
                | Self::Cancelled
        )
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
                | Self::Forbidden
                | Self::Unfit
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
/// It displays on one line, the kind first, unless the text begins with it. Text from outside is
/// escaped. Beyond 300 characters the middle of
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

    /// Returns the error as one of another kind.
    #[cfg(feature = "xmlrpc")]
    pub(crate) fn with_kind(self, kind: ErrorKind) -> Self {
        Self { kind, ..self }
    }

    /// Returns the error with another text.
    #[cfg(feature = "xmlrpc")]
    pub(crate) fn with_message(self, message: String) -> Self {
        Self { message, ..self }
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
        let kind = self.kind.to_string();
        let rest = self.message.strip_prefix(&kind);
        match rest.is_some_and(|rest| rest.starts_with(' ')) {
            true => message.fmt(f),
            false => write!(f, "{kind}: {message}"),
        }
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
    fn each_kind_has_a_class() {
        use FailureClass::{Contested, Lost, Server, Task};
        let busy = ErrorKind::Busy { retry_after: None };
        for (kind, before, after) in [
            (ErrorKind::Fault { code: 1 }, Contested, Contested),
            (ErrorKind::Unsendable, Task, Task),
            (ErrorKind::Unreachable, Lost, Lost),
            (ErrorKind::Unanswered, Lost, Lost),
            (ErrorKind::Interrupted, Lost, Lost),
            (ErrorKind::TimedOut, Lost, Lost),
            (ErrorKind::Overran, Contested, Contested),
            (ErrorKind::GivenUp, Task, Task),
            (busy, Lost, Lost),
            (ErrorKind::Refused, Server, Server),
            (ErrorKind::Unfit, Server, Server),
            (ErrorKind::Wrong, Server, Server),
            (ErrorKind::Unchecked, Task, Task),
            (ErrorKind::Forbidden, Server, Contested),
            (ErrorKind::NotFound, Server, Contested),
            (ErrorKind::Http { status: 500 }, Contested, Contested),
            (ErrorKind::Malformed, Contested, Contested),
            (ErrorKind::Panicked, Contested, Contested),
            (ErrorKind::Cancelled, Lost, Lost),
        ] {
            assert_eq!(
                (kind.class(false), kind.class(true)),
                (before, after),
                "{kind}"
            );
        }
    }

    #[test]
    fn failures_agree_if_they_say_the_same_of_the_task() {
        let http = |status| ErrorKind::Http { status };
        let fault = |code| ErrorKind::Fault { code };
        for (one, two, agree) in [
            (fault(1), fault(2), true),
            (fault(1), ErrorKind::Malformed, false),
            (http(500), http(502), true),
            (http(500), http(413), false),
            (ErrorKind::Overran, ErrorKind::TimedOut, false),
        ] {
            assert_eq!((one.agrees_with(two), two.agrees_with(one)), (agree, agree));
        }
    }

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
            (
                CallError::new(ErrorKind::TimedOut, "timed out after 2 s"),
                "timed out after 2 s",
            ),
        ];
        for (error, text) in cases {
            assert_eq!(error.to_string(), text);
        }
    }
}
