//! Documents and values from types that derive serde's traits (feature `serde`).
//!
//! [`encode_call`], [`encode_response`], [`decode_call`] and [`decode_response`] write and read
//! documents without an intermediate [`Value`](crate::Value). A document that the fast reader
//! declines, or whose values don't fit the type, is read a second time through a `Value`, which
//! gives the error its path.
//!
//! | Rust | on the wire |
//! | --- | --- |
//! | integers, `i128` and `u128` too | `int`, else `i8`, else `biginteger` |
//! | `Option`, `()` | `nil` for `None` and `()` |
//! | structs, maps (with keys that are text, integers, booleans or unit variants) | `struct` |
//! | sequences, tuples | `array` |
//! | bytes (`serialize_bytes`, [`Bytes`](crate::Bytes)) | `base64` |
//! | unit variants | `string` |
//! | other variants | a `struct` of one member |
//! | [`DateTime`](crate::DateTime), [`BigInteger`](crate::BigInteger), [`BigDecimal`](crate::BigDecimal) | their own types |
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

pub(crate) mod documents;
mod key_deserializer;
mod own_types;
mod params_deserializer;
mod params_sink;
mod serializer;
mod sink;
mod text_serializer;
mod value_deserializer;
mod value_sink;
pub(crate) mod values;
mod wire_deserializer;
mod wire_sink;
mod wrapper;

pub use documents::{decode_call, decode_response, encode_call, encode_response};
pub use values::{from_value, to_value};
pub use wrapper::Serde;

#[cfg(test)]
mod tests;
