#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod attempt;
mod credentials;
mod error;
mod gauge;
mod multicall;
mod names;
mod options;
mod proxy;
mod text;
mod tls;
mod transport;
mod url;

pub use attempt::{Attempt, Canceller};
pub use credentials::Credentials;
pub use error::{BadAnswer, Error, ErrorKind, HttpStatus, Phase};
pub use multicall::{Answers, Multicall};
pub use options::Options;
pub use proxy::ServerProxy;
pub use tls::{Identity, Tls};
pub use xmlrpc_wire::{Fault, FromValue, IntoParams, Limits, Value};
