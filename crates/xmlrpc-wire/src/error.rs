//! The one error type of this crate.

use std::fmt;

use crate::limits::Limit;

/// Why a document could not be read or written, or a value not converted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The document is not well-formed XML.
    NotWellFormed {
        /// Where it was noticed.
        at: Position,
        /// What the XML parser says.
        reason: String,
    },
    /// The document declares an encoding that is not read.
    UnsupportedEncoding {
        /// The encoding's name, as declared.
        name: String,
    },
    /// The document has a DOCTYPE, which XML-RPC does not use and which is refused
    /// for what it can be made to expand to.
    Doctype,
    /// Well-formed XML, but not the XML-RPC document that was expected.
    Unexpected {
        /// Where.
        at: Position,
        /// The way to the value, such as `params[0].servers[3]`; empty outside of values.
        path: String,
        /// What would have been right.
        expected: &'static str,
        /// What stands there instead.
        found: String,
    },
    /// A scalar's text is not a value of its type.
    BadScalar {
        /// Where its element ends.
        at: Position,
        /// The way to the value.
        path: String,
        /// The type's name on the wire.
        type_name: &'static str,
        /// The text, cut to its beginning.
        text: String,
    },
    /// The document is beyond one of the [`Limits`](crate::Limits).
    LimitExceeded {
        /// The limit that was met.
        limit: Limit,
        /// The limit's value.
        max: usize,
    },
    /// A value holds what XML 1.0 or XML-RPC cannot carry.
    Unrepresentable {
        /// The way to it, such as `params[0].servers[3]`.
        path: String,
        /// What it is.
        what: String,
    },
    /// A value is not of the type that was asked for, or does not fit in it.
    Mismatch {
        /// The way to it, such as `[2].port`; empty for the value itself.
        path: String,
        /// What was asked for.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// What a type's own conversion says (with the feature `serde`).
    Custom {
        /// The way to the value; empty for the value itself.
        path: String,
        /// What it says.
        message: String,
    },
    /// A parameter list has another length than was asked for.
    WrongArity {
        /// How many parameters are taken.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

/// A place in a document, told in three ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The line, counted from 1.
    pub line: u64,
    /// The character in the line, counted from 1.
    pub column: u64,
    /// Bytes of the document before the place.
    pub offset: u64,
}

impl Error {
    /// Returns [`Error::Unrepresentable`] with an empty path.
    ///
    /// For implementations of [`IntoValue`](crate::IntoValue). `what` completes the sentence
    /// "it can't be sent: …".
    pub fn unrepresentable(what: impl Into<String>) -> Self {
        Error::Unrepresentable {
            path: String::new(),
            what: what.into(),
        }
    }

    /// Puts `step` before the path: `[3]` for an item of an array, `.name` for a member of a
    /// struct.
    ///
    /// For implementations of [`IntoValue`](crate::IntoValue) and
    /// [`FromValue`](crate::FromValue) that convert parts. Errors without a path stay as
    /// they are.
    #[must_use]
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

/// The first 40 characters of a text, for an error.
pub(crate) fn excerpt(text: &str) -> String {
    let mut chars = text.chars();
    let mut cut: String = chars.by_ref().take(40).collect();
    if chars.next().is_some() {
        cut.push('…');
    }
    cut
}

/// ` at ` and a path, or nothing for an empty one.
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
                "the document declares the encoding {name:?}; send UTF-8, UTF-16, ISO-8859-1, Windows-1252 or US-ASCII"
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
