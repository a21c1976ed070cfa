//! Which extensions the other side reads.

use crate::encode::{call, fault, response};
use crate::{Error, Fault, Value};

/// How an extension is written, if it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extension {
    /// Not at all: a value that needs it is [`Error::Unrepresentable`].
    Refused,
    /// By its own name: `<nil/>`.
    Plain,
    /// With Apache's prefix, which the root then declares: `<ex:nil/>`.
    Prefixed,
}

/// What the other side reads beyond the specification of 1999: which extensions a
/// document may be written with.
///
/// What a dialect does not allow is an error with the way to the value, never a document
/// that the other side refuses or takes for something else. Reading has no dialects: all
/// of this is always read.
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
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dialect {
    /// `<nil/>`.
    pub nil: Extension,
    /// `<i8>`.
    pub i8: Extension,
    /// `<biginteger>` and `<bigdecimal>`.
    pub big: Extension,
    /// Dates and times with a fraction or an offset: within `<dateTime.iso8601>` when
    /// plain, as `<ex:dateTime>` in the form of XML Schema when prefixed.
    pub date_time: Extension,
    /// `nan`, `inf` and `-inf` as doubles, in Python's spelling.
    pub non_finite: bool,
}

impl Dialect {
    /// The specification's types and no others: what every peer reads.
    pub const fn specification() -> Self {
        Dialect {
            nil: Extension::Refused,
            i8: Extension::Refused,
            big: Extension::Refused,
            date_time: Extension::Refused,
            non_finite: false,
        }
    }

    /// `nil`, `i8`, `biginteger` and `bigdecimal` by their plain names, as this crate,
    /// Python 3 and, but for the last two, xmlrpc-c read them: the default.
    pub const fn python() -> Self {
        Dialect {
            nil: Extension::Plain,
            i8: Extension::Plain,
            big: Extension::Plain,
            ..Dialect::specification()
        }
    }

    /// The same types with the prefix `ex`, and `ex:dateTime`, as Apache's XML-RPC for
    /// Java has them.
    pub const fn apache() -> Self {
        Dialect {
            nil: Extension::Prefixed,
            i8: Extension::Prefixed,
            big: Extension::Prefixed,
            date_time: Extension::Prefixed,
            non_finite: false,
        }
    }

    /// All that this crate reads, by plain names: for peers that both use it.
    pub const fn everything() -> Self {
        Dialect {
            date_time: Extension::Plain,
            non_finite: true,
            ..Dialect::python()
        }
    }

    /// Whether any document may have the prefix, so that its root declares it.
    pub(crate) fn is_prefixed(&self) -> bool {
        [self.nil, self.i8, self.big, self.date_time].contains(&Extension::Prefixed)
    }

    /// [`encode_call`](crate::encode_call) in this dialect.
    ///
    /// # Errors
    ///
    /// [`Error::Unrepresentable`] for what XML 1.0 or the dialect has no way to carry.
    pub fn encode_call(&self, method: &str, params: &[Value]) -> Result<Vec<u8>, Error> {
        call(self, method, params)
    }

    /// [`encode_response`](crate::encode_response) in this dialect.
    ///
    /// # Errors
    ///
    /// As [`encode_call`](Dialect::encode_call).
    pub fn encode_response(&self, value: &Value) -> Result<Vec<u8>, Error> {
        response(self, value)
    }

    /// [`encode_fault`](crate::encode_fault): the same in every dialect.
    pub fn encode_fault(&self, answer: &Fault) -> Vec<u8> {
        fault(self, answer)
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect::python()
    }
}
