//! Bytes as base64.

use crate::convert::value_traits::{FromValue, infallible};
use crate::error::Error;
use crate::value::Value;

/// Bytes that travel as `<base64>`; a plain `Vec<u8>` travels as an array of ints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[allow(
    clippy::exhaustive_structs,
    reason = "a plain wrapper, which callers build and take apart"
)]
pub struct Bytes(pub Vec<u8>);

infallible!(Bytes, |bytes| Value::Base64(bytes.0));

impl FromValue for Bytes {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Base64(bytes) => Ok(Bytes(bytes)),
            other => Err(Error::mismatch("base64", other.type_name())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_base64_and_nothing_else_is() {
        let base64 = Value::Base64(vec![0, 255]);
        assert_eq!(Value::from(Bytes(vec![0, 255])), base64);
        assert_eq!(Bytes::from_value(base64), Ok(Bytes(vec![0, 255])));
        let error = Bytes::from_value(Value::from([0, 255])).unwrap_err();
        assert_eq!(error.to_string(), "expected base64, found array");
    }
}
