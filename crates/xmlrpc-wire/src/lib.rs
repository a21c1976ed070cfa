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
mod xml_char;

pub use big_numbers::{BigDecimal, BigInteger};
pub use convert::bytes::Bytes;
pub use convert::params::{FromParams, IntoParams};
pub use convert::response::IntoResponse;
pub use convert::value_traits::{FromValue, IntoValue};
pub use datetime::DateTime;
pub use decode::decoder::Decoder;
pub use decode::{decode_call, decode_response};
pub use dialect::{Dialect, Extension};
pub use encode::{encode_call, encode_fault, encode_response};
pub use error::{Error, Position};
pub use fault::Fault;
pub use limits::{Limit, Limits};
pub use message::{MethodCall, MethodResponse};
pub use value::index::ValueIndex;
pub use value::structure::{Members, MembersMut};
pub use value::{Struct, Value};

/// The two readers by themselves, for tests and measurements that compare them.
#[doc(hidden)]
pub mod readers {
    pub use crate::decode::{complete, fast};
}
