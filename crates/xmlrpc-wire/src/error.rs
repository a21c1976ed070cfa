//! The error type of this crate, and places in documents.

use std::fmt;

use crate::limits::Limit;

/// A document that can't be read or written, or a value that can't be converted.
///
/// A `path` leads from the document's root to a value, such as `params[0].servers[3]`: `[3]`
/// is an item of an array, `.servers` a member of a struct. It is empty for the value itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The document is not well-formed XML.
    #[non_exhaustive]
    NotWellFormed {
        /// The place where the parser noticed.
        at: Position,
        /// The parser's reason.
        reason: String,
    },
    /// The document declares an encoding that this crate does not read, or its transport does.
    #[non_exhaustive]
    UnsupportedEncoding {
        /// The encoding's name, as declared.
        name: String,
    },
    /// The document has a DOCTYPE. XML-RPC does not use it, and its entities can expand
    /// without bound.
    Doctype,
    /// The document is well-formed XML, but not the XML-RPC document that was expected.
    #[non_exhaustive]
    Unexpected {
        /// The place in the document.
        at: Position,
        /// The path to the value; empty outside of values.
        path: String,
        /// A description of what the document should have here.
        expected: &'static str,
        /// A description of what it has.
        found: String,
    },
    /// The text of a scalar is not a value of its type.
    #[non_exhaustive]
    BadScalar {
        /// The end of the scalar's element.
        at: Position,
        /// The path to the value.
        path: String,
        /// The type's name on the wire.
        type_name: &'static str,
        /// The beginning of the text.
        text: String,
    },
    /// The document exceeds one of the [`Limits`](crate::Limits).
    #[non_exhaustive]
    LimitExceeded {
        /// The limit in question.
        limit: Limit,
        /// The limit's value.
        max: usize,
    },
    /// A value that XML 1.0, XML-RPC or the [`Dialect`](crate::Dialect) can't carry.
    #[non_exhaustive]
    Unrepresentable {
        /// The path to the value.
        path: String,
        /// The reason.
        what: String,
    },
    /// A value is of another type than the one asked for, or does not fit in it.
    #[non_exhaustive]
    Mismatch {
        /// The path to the value.
        path: String,
        /// A description of what was asked for.
        expected: &'static str,
        /// A description of the value.
        found: String,
    },
    /// An error of a type's own conversion, such as of serde's traits.
    #[non_exhaustive]
    Custom {
        /// The path to the value.
        path: String,
        /// The conversion's message.
        message: String,
    },
    /// A parameter list has another length than the one asked for.
    #[non_exhaustive]
    WrongArity {
        /// The number of parameters asked for.
        expected: usize,
        /// The number of parameters in the list.
        found: usize,
    },
}

/// A place in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Position {
    /// The line, counted from 1.
    pub line: u64,
    /// The character in the line, counted from 1.
    pub column: u64,
    /// The number of the document's bytes before the place.
    pub offset: u64,
}

/// Errors for implementations of [`IntoValue`](crate::IntoValue) and
/// [`FromValue`](crate::FromValue).
impl Error {
    /// Creates [`Error::Unrepresentable`] with an empty path.
    ///
    /// `what` follows "… can't be sent: ".
    pub fn unrepresentable(what: impl Into<String>) -> Self {
        Error::Unrepresentable {
            path: String::new(),
            what: what.into(),
        }
    }

    /// Creates [`Error::Mismatch`] with an empty path.
    ///
    /// `found` is usually the value's [`type_name`](crate::Value::type_name). The two follow
    /// "expected " and "found ".
    pub fn mismatch(expected: &'static str, found: impl Into<String>) -> Self {
        Error::Mismatch {
            path: String::new(),
            expected,
            found: found.into(),
        }
    }

    /// Creates [`Error::Custom`] with an empty path.
    pub fn custom(message: impl Into<String>) -> Self {
        Error::Custom {
            path: String::new(),
            message: message.into(),
        }
    }

    /// Puts a step before the path: `[3]` for an item of an array, `.name` for a member of a
    /// struct. An error without a path stays as it is.
    #[must_use]
    #[inline]
    pub fn within(mut self, step: impl fmt::Display) -> Self {
        if let Error::Mismatch { path, .. }
        | Error::Unexpected { path, .. }
        | Error::BadScalar { path, .. }
        | Error::Unrepresentable { path, .. }
        | Error::Custom { path, .. } = &mut self
        {
            *path = format!("{step}{path}");
        }
        self
    }
}

/// Returns the first 40 characters of a text, and an ellipsis if there are more.
pub(crate) fn excerpt(text: &str) -> String {
    let mut chars = text.chars();
    let mut excerpt: String = chars.by_ref().take(40).collect();
    if chars.next().is_some() {
        excerpt.push('…');
    }
    excerpt
}

/// Displays `at `, a path and a colon, or nothing for an empty path.
struct PathPrefix<'p>(&'p str);

impl fmt::Display for PathPrefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => Ok(()),
            path => write!(f, "at {path}: "),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position {
            line,
            column,
            offset,
        } = self;
        write!(f, "line {line}, column {column} (byte {offset})")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotWellFormed { at, reason } => {
                write!(f, "not well-formed XML at {at}: {reason}")
            }
            Error::UnsupportedEncoding { name } => write!(
                f,
                "the document is declared to be in the encoding {name:?}; send UTF-8, UTF-16, ISO-8859-1, Windows-1252 or US-ASCII"
            ),
            Error::Doctype => f.write_str("the document has a DOCTYPE; XML-RPC has none"),
            Error::Unexpected {
                at,
                path,
                expected,
                found,
            } => {
                let path = PathPrefix(path);
                write!(
                    f,
                    "not XML-RPC at {at}: {path}expected {expected}, found {found}"
                )
            }
            Error::BadScalar {
                at,
                path,
                type_name,
                text,
            } => {
                let path = PathPrefix(path);
                write!(
                    f,
                    "{path}{text:?} is not a value of type {type_name}, at {at}"
                )
            }
            Error::LimitExceeded { limit, max } => {
                write!(f, "beyond the limit of {max} for {limit}")
            }
            Error::Unrepresentable { path, what } => {
                let path = if path.is_empty() { "the value" } else { path };
                write!(f, "{path} can't be sent: {what}")
            }
            Error::Mismatch {
                path,
                expected,
                found,
            } => write!(f, "{}expected {expected}, found {found}", PathPrefix(path)),
            Error::Custom { path, message } => write!(f, "{}{message}", PathPrefix(path)),
            Error::WrongArity { expected, found } => {
                let plural = if *expected == 1 { "" } else { "s" };
                write!(f, "takes {expected} argument{plural} ({found} given)")
            }
        }
    }
}

impl std::error::Error for Error {}
