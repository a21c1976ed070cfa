//! Conversions between serde's types and values.

use ::serde::{Serialize, de::DeserializeOwned};

use crate::error::Error;
use crate::serde::serializer::SinkSerializer;
use crate::serde::value_deserializer::ValueDeserializer;
use crate::serde::value_sink::ValueSink;
use crate::value::Value;

/// Returns the value of a Rust value that serde serializes.
///
/// # Errors
///
/// [`Error::Custom`] if the type's own `Serialize` fails, or for a map whose keys are not text.
///
/// ```
/// use xmlrpc_wire::serde::to_value;
///
/// let value = to_value(&(7, "seven"))?;
/// assert_eq!(value.to_string(), r#"[7, "seven"]"#);
/// # Ok::<(), xmlrpc_wire::Error>(())
/// ```
pub fn to_value<T: Serialize + ?Sized>(rust: &T) -> Result<Value, Error> {
    let mut sink = ValueSink::default();
    rust.serialize(SinkSerializer(&mut sink))?;
    Ok(sink.finish())
}

/// Returns the Rust value that serde deserializes from a value.
///
/// # Errors
///
/// [`Error::Custom`], with the path, for a part that does not fit the type.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(ValueDeserializer(value))
}
