//! Spreads one function's calls over N servers, keeps every one busy, and
//! gives the results back in order, whichever of them dies.

#![forbid(unsafe_code)]

mod account;
mod destino;
mod engine;
mod error;
mod ids;
mod options;
mod plan;
mod repartidor;
mod results;
#[cfg(test)]
mod sim;
mod slot;
mod text;

pub use account::{Account, ServerAccount, ServerState};
#[cfg(feature = "xmlrpc")]
pub use destino::xmlrpc::XmlRpc;
pub use destino::{Call, Destino, FromFn, from_fn};
pub use error::{
    CallError, Error, ErrorKind, FailedCall, Incomplete, SendError, TaskError, TaskErrorKind,
};
pub use ids::{CallId, TaskId};
pub use options::Options;
pub use repartidor::{Handle, MAX_SLOTS, Repartidor};
pub use results::{AsTheyEnd, Map, MapAsTheyEnd};
