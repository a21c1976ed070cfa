//! The values that XML-RPC carries.

pub(crate) mod structure;

use crate::{BigDecimal, BigInteger, DateTime, Struct};

/// One XML-RPC value.
///
/// Equality is by variant and content: `Int(1)` is not `Int64(1)`. Use
/// [`FromValue`](crate::FromValue) to read a number whatever variant carried it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `<int>` or `<i4>` (read also from `<i1>` and `<i2>`): 32 bits, signed.
    Int(i32),
    /// `<i8>`: 64 bits, signed; an extension that not every peer reads.
    Int64(i64),
    /// `<biginteger>`: any length; an extension of Apache's that Python reads too.
    BigInteger(BigInteger),
    /// `<bigdecimal>`: exact text; an extension of Apache's that Python reads too.
    BigDecimal(BigDecimal),
    /// `<boolean>`, written as `0` or `1`.
    Bool(bool),
    /// `<string>`, or a `<value>` without a type.
    String(String),
    /// `<double>` (read also from `<float>`); only finite numbers are written, unless the
    /// [`Dialect`](crate::Dialect) says otherwise.
    Double(f64),
    /// `<dateTime.iso8601>`.
    DateTime(DateTime),
    /// `<base64>`: any bytes.
    Base64(Vec<u8>),
    /// `<array>`.
    Array(Vec<Value>),
    /// `<struct>`, its members in the order of the wire.
    Struct(Struct),
    /// `<nil/>`; an extension that not every peer reads.
    Nil,
}

impl Value {
    /// The name of the value's type on the wire, as [`encode_call`](crate::encode_call)
    /// writes it: `int`, `i8`, `biginteger`, `bigdecimal`, `boolean`, `string`, `double`, `dateTime.iso8601`,
    /// `base64`, `array`, `struct` or `nil`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Int(_) => "int",
            Value::Int64(_) => "i8",
            Value::BigInteger(_) => "biginteger",
            Value::BigDecimal(_) => "bigdecimal",
            Value::Bool(_) => "boolean",
            Value::String(_) => "string",
            Value::Double(_) => "double",
            Value::DateTime(_) => "dateTime.iso8601",
            Value::Base64(_) => "base64",
            Value::Array(_) => "array",
            Value::Struct(_) => "struct",
            Value::Nil => "nil",
        }
    }
}
