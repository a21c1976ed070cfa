#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod attempt;
mod builder;
mod credentials;
mod error;
mod host_addresses;
mod http_proxy;
mod multicall;
mod option_name;
mod options;
mod progress;
mod redirect;
mod server_proxy;
mod text;
#[cfg(feature = "tls")]
mod tls;
mod transport;
mod url;

pub use attempt::{Attempt, Canceller};
pub use builder::ServerProxyBuilder;
pub use credentials::Credentials;
pub use error::{Error, ErrorKind, HttpStatus, MalformedResponse, Phase};
pub use http_proxy::HttpProxy;
pub use multicall::{Multicall, MulticallResults};
pub use option_name::OptionName;
pub use options::Options;
pub use server_proxy::ServerProxy;
#[cfg(feature = "tls")]
pub use tls::{Identity, Tls};
/// ```no_run
/// use serde::{Deserialize, Serialize};
/// use xmlrpc_client::{Serde, ServerProxy};
///
/// #[derive(Serialize)]
/// struct Order {
///     item: String,
///     count: u32,
/// }
///
/// #[derive(Debug, Deserialize)]
/// enum State {
///     Refused,
///     Taken { number: u64 },
/// }
///
/// let server = ServerProxy::new("localhost:9000")?;
/// let order = Order { item: "sum".to_owned(), count: 3 };
/// let Serde(state) = server.call::<Serde<Option<State>>>("order", (Serde(order),))?;
/// println!("{state:?}");
/// # Ok::<(), xmlrpc_client::Error>(())
/// ```
#[cfg(feature = "serde")]
pub use xmlrpc_wire::serde::Serde;
#[doc(inline)]
pub use xmlrpc_wire::{
    Bytes, DateTime, Error as WireError, Fault, FromValue, IntoParams, IntoValue, Limits, Struct,
    Value,
};
