// The page's program is for the hyper front.
#![cfg_attr(feature = "hyper", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "hyper"), doc = "Publish Rust functions over XML-RPC.")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builtin;
mod call_table;
mod context;
mod docpage;
mod error;
mod escape;
mod faults;
#[cfg(any(feature = "tiny", feature = "hyper"))]
pub mod front;
mod handler;
mod metrics;
mod multicall;
mod panic_text;
mod registry;
mod resource;
#[cfg(feature = "hyper")]
mod secret_file;
mod service;
mod shown_dialect;
mod signature;
#[cfg(any(feature = "tiny", feature = "hyper"))]
mod stop;
#[cfg(feature = "hyper")]
mod token;

pub use context::Context;
pub use error::Error;
pub use handler::Handler;
pub use resource::Resource;
#[cfg(feature = "hyper")]
pub use secret_file::read_private_key;
pub use service::{Service, Step};
#[cfg(any(feature = "tiny", feature = "hyper"))]
pub use stop::Stop;
#[cfg(feature = "hyper")]
pub use token::Token;
/// ```
/// use serde::{Deserialize, Serialize};
/// use xmlrpc_server::{Serde, Service};
///
/// #[derive(Deserialize)]
/// struct Order {
///     item: String,
///     count: u32,
/// }
///
/// #[derive(Serialize)]
/// enum State {
///     Refused,
///     Taken { number: u64 },
/// }
///
/// let mut service = Service::new();
/// service.register("order", |Serde(order): Serde<Order>| {
///     Serde(match (&*order.item, order.count) {
///         (_, 0) => None,
///         ("sum", count) => Some(State::Taken { number: count.into() }),
///         _ => Some(State::Refused),
///     })
/// })?;
/// # Ok::<(), xmlrpc_server::Error>(())
/// ```
#[cfg(feature = "serde")]
pub use xmlrpc_wire::serde::Serde;
pub use xmlrpc_wire::{
    Bytes, DateTime, Dialect, Fault, FromParams, FromValue, IntoResponse, IntoValue, Limits,
    MethodCall, MethodResponse, Struct, Value,
};
