//! Values: the types of XML-RPC.

mod accessors;
mod display;
mod fault_struct;
pub(crate) mod index;
pub(crate) mod structure;

use crate::big_numbers::{BigDecimal, BigInteger};
use crate::datetime::DateTime;

/// One XML-RPC value.
///
/// `Value::from` converts the common Rust types; [`IntoValue`](crate::IntoValue) and
/// [`FromValue`](crate::FromValue) convert all of them, in both directions. `Display` shows a
/// value on one line, for messages and logs.
///
/// Equality is by variant and content: `Int(1)` is not `Int64(1)`. [`Value::as_i64`] and
/// `FromValue` read a number from whatever variant holds it.
///
/// ```
/// use xmlrpc_wire::{Struct, Value};
///
/// let server = Value::from(Struct::from([
///     ("host", Value::from("localhost")),
///     ("ports", Value::from([9000, 9001])),
/// ]));
/// assert_eq!(server["host"].as_str(), Some("localhost"));
/// assert_eq!(server["ports"][1].as_i64(), Some(9001));
/// assert_eq!(server.get("load"), None);
/// assert_eq!(server.to_string(), r#"{"host": "localhost", "ports": [9000, 9001]}"#);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `<int>` or `<i4>` (read also from `<i1>` and `<i2>`): 32 bits, signed.
    Int(i32),
    /// `<i8>`: 64 bits, signed. An extension that not every peer reads.
    Int64(i64),
    /// `<biginteger>`: any length. An extension of Apache's that Python reads too.
    BigInteger(BigInteger),
    /// `<bigdecimal>`: exact text. An extension of Apache's that Python reads too.
    BigDecimal(BigDecimal),
    /// `<boolean>`, written as `0` or `1`.
    Bool(bool),
    /// `<string>`, or a `<value>` without a type.
    String(String),
    /// `<double>` (read also from `<float>`). Only finite numbers are written, unless the
    /// [`Dialect`](crate::Dialect) has the others.
    Double(f64),
    /// `<dateTime.iso8601>`.
    DateTime(DateTime),
    /// `<dateTime.iso8601>` with a text that is no date and time, such as `00000000T00:00:00Z`
    /// or nothing at all for a date that was never set.
    ///
    /// [`DateTime`]'s `FromValue` is an error with the text.
    InvalidDateTime(String),
    /// `<base64>`: any bytes.
    Base64(Vec<u8>),
    /// `<array>`.
    Array(Vec<Value>),
    /// `<struct>`, with its members in the order of the document.
    Struct(Struct),
    /// `<nil/>`. An extension that not every peer reads.
    Nil,
}

/// The members of a `<struct>`: names and values, in the order of the document.
///
/// Names are unique: inserting a name again replaces its value and keeps its place. Of equal
/// names in an iterator that is collected, the last value counts, in the place of the first.
///
/// ```
/// use xmlrpc_wire::{Struct, Value};
///
/// let mut server = Struct::from([("host", "localhost"), ("path", "/RPC2")]);
/// server.insert("port", 9000);
/// assert_eq!(server.get("port"), Some(&Value::Int(9000)));
/// assert_eq!(server.names().collect::<Vec<_>>(), ["host", "path", "port"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Struct {
    /// No two members have the same name.
    members: Vec<(String, Value)>,
}

impl Value {
    /// Returns the name of the value's type on the wire, as
    /// [`encode_call`](crate::encode_call) writes it: `int`, `i8`, `biginteger`, `bigdecimal`,
    /// `boolean`, `string`, `double`, `dateTime.iso8601`, `base64`, `array`, `struct` or `nil`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Int(_) => "int",
            Value::Int64(_) => "i8",
            Value::BigInteger(_) => "biginteger",
            Value::BigDecimal(_) => "bigdecimal",
            Value::Bool(_) => "boolean",
            Value::String(_) => "string",
            Value::Double(_) => "double",
            Value::DateTime(_) | Value::InvalidDateTime(_) => "dateTime.iso8601",
            Value::Base64(_) => "base64",
            Value::Array(_) => "array",
            Value::Struct(_) => "struct",
            Value::Nil => "nil",
        }
    }
}
