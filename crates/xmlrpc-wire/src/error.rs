//! The one error type of this crate.

use std::fmt;

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
        /// What would have been right.
        expected: &'static str,
        /// What stands there instead.
        found: String,
    },
    /// A scalar's text is not a value of its type.
    BadScalar {
        /// Where its element ends.
        at: Position,
        /// The type's name on the wire.
        type_name: &'static str,
        /// The text, cut to its beginning.
        text: String,
    },
    /// The document is beyond one of the [`Limits`](crate::Limits).
    TooMuch {
        /// Of what: `bytes`, `depth`, `values`, `name`, or what the XML parser counts.
        limit: &'static str,
        /// How many are accepted.
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
    /// A parameter list has another length than was asked for.
    WrongArity {
        /// How many parameters are taken.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

/// A place in a document; both figures count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The character in the line.
    pub column: u64,
}

impl Position {
    pub(crate) fn new(line: u64, column: u64) -> Self {
        Position { line, column }
    }
}

impl Error {
    /// Puts `step` before the path of a mismatch: `[3]`, or a member's `.name`.
    pub(crate) fn within(self, step: impl fmt::Display) -> Self {
        match self {
            Error::Mismatch {
                path,
                expected,
                found,
            } => Error::Mismatch {
                path: format!("{step}{path}"),
                expected,
                found,
            },
            other => other,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
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
                "the document declares the encoding {name:?}; send UTF-8, UTF-16, ISO-8859-1 or US-ASCII"
            ),
            Error::Doctype => f.write_str("the document has a DOCTYPE; XML-RPC has none"),
            Error::Unexpected {
                at,
                expected,
                found,
            } => write!(f, "not XML-RPC at {at}: expected {expected}, found {found}"),
            Error::BadScalar {
                at,
                type_name,
                text,
            } => write!(f, "{text:?} is not a value of type {type_name}, at {at}"),
            Error::TooMuch { limit, max } => {
                write!(f, "beyond the limit of {max} for {limit}")
            }
            Error::Unrepresentable { path, what } => {
                write!(f, "{path} can't be sent: {what}")
            }
            Error::Mismatch {
                path,
                expected,
                found,
            } if path.is_empty() => write!(f, "expected {expected}, found {found}"),
            Error::Mismatch {
                path,
                expected,
                found,
            } => write!(f, "at {path}: expected {expected}, found {found}"),
            Error::WrongArity { expected, found } => {
                let plural = if *expected == 1 { "" } else { "s" };
                write!(f, "takes {expected} argument{plural} ({found} given)")
            }
        }
    }
}

impl std::error::Error for Error {}
