#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod big_numbers;
mod convert;
mod datetime;
mod decode;
mod dialect;
mod encode;
mod error;
mod fault;
mod limits;
mod message;
#[cfg(feature = "serde")]
pub mod serde;
mod value;

pub use big_numbers::{BigDecimal, BigInteger};
pub use convert::{Bytes, FromParams, FromValue, IntoParams, IntoResponse, IntoValue};
pub use datetime::DateTime;
pub use decode::{decode_call, decode_response};
pub use dialect::{Dialect, Extension};
pub use encode::{encode_call, encode_fault, encode_response};
pub use error::{Error, Position};
pub use fault::Fault;
pub use limits::{Limit, Limits};
pub use message::{MethodCall, MethodResponse};
pub use value::Value;
pub use value::structure::Struct;

/// The two readers by themselves, for tests and measurements that compare them.
#[doc(hidden)]
pub mod readers {
    pub use crate::decode::{complete, fast};
}
