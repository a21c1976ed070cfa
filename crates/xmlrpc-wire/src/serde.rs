//! Serde's types straight to the wire and back (feature `serde`).
//!
//! These functions read and write without building a [`Value`] in between. A document
//! that the fast reader declines, and one whose values don't fit the type, is read once
//! more through a `Value`, which gives the error its path.
//!
//! | Rust | on the wire |
//! | --- | --- |
//! | integers, `i128` and `u128` too | `int`, else `i8`, else `biginteger` |
//! | `Option`, `()` | `nil` for nothing |
//! | structs, maps (keys are text, numbers, booleans or unit variants) | `struct` |
//! | sequences, tuples | `array` |
//! | bytes (`serialize_bytes`, [`Bytes`](crate::Bytes)) | `base64` |
//! | unit variants | `string` |
//! | other variants | a `struct` of one member |
//! | [`DateTime`], [`BigInteger`], [`BigDecimal`] | their own types |
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use xmlrpc_wire::{Limits, serde::{decode_response, encode_response}};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! struct Server {
//!     host: String,
//!     port: u16,
//!     load: Option<f64>,
//! }
//!
//! let server = Server { host: "localhost".into(), port: 9000, load: None };
//! let document = encode_response(&server)?;
//! let read: Server = decode_response(&document, &Limits::default())?.unwrap();
//! assert_eq!(read, server);
//! # Ok::<(), xmlrpc_wire::Error>(())
//! ```

mod key_deserializer;
mod own_types;
mod params_deserializer;
mod serializer;
mod sink;
mod text_serializer;
mod value_deserializer;
mod wire_deserializer;
mod wrapper;

use ::serde::{Serialize, de::DeserializeOwned};

use crate::decode::fast::scanner::Scanner;
use crate::decode::{complete, fast};
use crate::encode::writer::Writer;
use crate::{Dialect, Error, Fault, Limits, Value};
use params_deserializer::ParamsDeserializer;
use serializer::SinkSerializer;
use sink::{ParamsSink, ValueSink};
use value_deserializer::ValueDeserializer;
use wire_deserializer::WireDeserializer;

pub use wrapper::Serde;

#[cfg(doc)]
use crate::{BigDecimal, BigInteger, DateTime};

/// The value that a type makes.
///
/// # Errors
///
/// [`Error::Custom`] for what the type's own `Serialize` says, or for a map whose keys
/// are no text.
pub fn to_value<T: Serialize + ?Sized>(rust: &T) -> Result<Value, Error> {
    let mut tree = ValueSink::default();
    rust.serialize(SinkSerializer(&mut tree))?;
    Ok(tree.done())
}

/// The type that a value makes.
///
/// # Errors
///
/// [`Error::Custom`] with the way to what does not fit.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(ValueDeserializer(value))
}

/// [`encode_call`](crate::encode_call) of a tuple or another sequence as the parameters.
///
/// # Errors
///
/// As there, and [`Error::Custom`] where `params` is no sequence.
pub fn encode_call<T: Serialize + ?Sized>(method: &str, params: &T) -> Result<Vec<u8>, Error> {
    let dialect = Dialect::default();
    let mut sink = ParamsSink::new(Writer::call(&dialect, method)?);
    params
        .serialize(SinkSerializer(&mut sink))
        .map_err(|e| e.within("params"))?;
    let mut writer = sink.done();
    writer.markup("</params></methodCall>");
    Ok(writer.finish())
}

/// [`encode_response`](crate::encode_response) of what a type makes.
///
/// # Errors
///
/// As there, and [`Error::Custom`] for what the type's own `Serialize` says.
pub fn encode_response<T: Serialize + ?Sized>(result: &T) -> Result<Vec<u8>, Error> {
    let dialect = Dialect::default();
    let mut writer = Writer::response(&dialect);
    result
        .serialize(SinkSerializer(&mut writer))
        .map_err(|e| e.within("the result"))?;
    writer.markup("</param></params></methodResponse>");
    Ok(writer.finish())
}

/// [`decode_call`](crate::decode_call), with the parameters as a tuple or another
/// sequence.
///
/// # Errors
///
/// As there, and [`Error::Custom`] with the way to what does not fit.
pub fn decode_call<T: DeserializeOwned>(
    document: &[u8],
    limits: &Limits,
) -> Result<(String, T), Error> {
    if let Some(read) = call(document, limits) {
        return Ok(read);
    }
    let call = crate::decode_call(document, limits)?;
    let params = from_value(Value::Array(call.params)).map_err(|e: Error| e.within("params"))?;
    Ok((call.method, params))
}

/// [`decode_response`](crate::decode_response), with the value as any type.
///
/// # Errors
///
/// As there, and [`Error::Custom`] with the way to what does not fit.
pub fn decode_response<T: DeserializeOwned>(
    document: &[u8],
    limits: &Limits,
) -> Result<Result<T, Fault>, Error> {
    if let Some(read) = response(document, limits) {
        return Ok(Ok(read));
    }
    let response = match fast::decode_response(document, limits) {
        Some(response) => response,
        None => complete::decode_response(document, limits)?,
    };
    match response {
        Ok(value) => from_value(value)
            .map(Ok)
            .map_err(|e: Error| e.within("the result")),
        Err(fault) => Ok(Err(fault)),
    }
}

fn call<T: DeserializeOwned>(document: &[u8], limits: &Limits) -> Option<(String, T)> {
    let mut scanner = Scanner::new(document, limits)?;
    let method = scanner.call_start()?;
    let params = T::deserialize(ParamsDeserializer(&mut scanner)).ok()?;
    scanner.end()?;
    Some((method, params))
}

fn response<T: DeserializeOwned>(document: &[u8], limits: &Limits) -> Option<T> {
    let mut scanner = Scanner::new(document, limits)?;
    if !scanner.response_start()? {
        return None;
    }
    let result = T::deserialize(WireDeserializer::new(&mut scanner, 1)?).ok()?;
    scanner.response_end()?;
    scanner.tag(b"</methodResponse>")?;
    scanner.end()?;
    Some(result)
}

#[cfg(test)]
mod tests;
