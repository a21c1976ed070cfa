#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod attempt;
mod error;
mod gauge;
mod names;
mod options;
mod proxy;
mod text;
mod transport;
mod url;

pub use attempt::{Attempt, Canceller};
pub use error::{BadAnswer, Error, ErrorKind, HttpStatus, Phase};
pub use options::Options;
pub use proxy::ServerProxy;
pub use xmlrpc_wire::{Fault, FromValue, IntoParams, Limits, Value};
