//! Dialects: the extensions that a document may be written with.

/// The form in which an extension is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Extension {
    /// Not written: a value that needs it is
    /// [`Error::Unrepresentable`](crate::Error::Unrepresentable).
    Refused,
    /// Written under its own name: `<nil/>`.
    Plain,
    /// Written with Apache's prefix, which the root element declares: `<ex:nil/>`.
    Prefixed,
}

/// The extensions to the specification of 1999 that a document may be written with.
///
/// A dialect describes what the other side reads. A value that it does not allow is an
/// error with the path to the value, never a document that the other side refuses or
/// misreads. Decoding has no dialects: every extension is always read.
///
/// ```
/// use xmlrpc_wire::{Dialect, Value};
///
/// let document = Dialect::apache().encode_response(&Value::Nil)?;
/// assert!(String::from_utf8_lossy(&document).contains("<ex:nil/>"));
/// let error = Dialect::specification().encode_response(&Value::Array(vec![Value::Nil]));
/// assert_eq!(
///     error.unwrap_err().to_string(),
///     "the result[0] can't be sent: the dialect has no nil"
/// );
/// # Ok::<(), xmlrpc_wire::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Dialect {
    /// `<nil/>`.
    pub nil: Extension,
    /// `<i8>`.
    pub i8: Extension,
    /// `<biginteger>` and `<bigdecimal>`.
    pub big: Extension,
    /// Dates and times with a fraction or an offset: within `<dateTime.iso8601>` when plain,
    /// as `<ex:dateTime>` in the form of XML Schema when prefixed.
    pub date_time: Extension,
    /// Doubles that are not finite: `nan`, `inf` and `-inf`, in Python's spelling.
    pub non_finite: bool,
}

impl Dialect {
    /// Returns the dialect of the specification: its types only, which every peer reads.
    pub const fn specification() -> Self {
        Dialect {
            nil: Extension::Refused,
            i8: Extension::Refused,
            big: Extension::Refused,
            date_time: Extension::Refused,
            non_finite: false,
        }
    }

    /// Returns the default dialect: `nil`, `i8`, `biginteger` and `bigdecimal` under their
    /// plain names.
    ///
    /// This crate and Python 3 read all four; xmlrpc-c reads the first two.
    pub const fn python() -> Self {
        Dialect {
            nil: Extension::Plain,
            i8: Extension::Plain,
            big: Extension::Plain,
            ..Dialect::specification()
        }
    }

    /// Returns the dialect of Apache's XML-RPC for Java: the types of
    /// [`python`](Dialect::python) with the prefix `ex`, and `ex:dateTime`.
    pub const fn apache() -> Self {
        Dialect {
            nil: Extension::Prefixed,
            i8: Extension::Prefixed,
            big: Extension::Prefixed,
            date_time: Extension::Prefixed,
            non_finite: false,
        }
    }

    /// Returns the dialect with every extension that this crate reads, under plain names: for
    /// two peers that both use it.
    pub const fn everything() -> Self {
        Dialect {
            date_time: Extension::Plain,
            non_finite: true,
            ..Dialect::python()
        }
    }

    /// Returns whether a document may have the prefix, which its root then declares.
    pub(crate) fn is_prefixed(&self) -> bool {
        [self.nil, self.i8, self.big, self.date_time].contains(&Extension::Prefixed)
    }
}

/// The default is [`Dialect::python`].
impl Default for Dialect {
    fn default() -> Self {
        Dialect::python()
    }
}
