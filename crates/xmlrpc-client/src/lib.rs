#![doc = include_str!("../README.md")]
//!
//! # Types
//!
//! | type | is |
//! | --- | --- |
//! | [`ServerProxy`], [`ServerProxyBuilder`] | a server whose functions can be called |
//! | [`Options`], [`Credentials`], [`Headers`], [`HttpProxy`] | how calls are made |
#![cfg_attr(
    feature = "tls",
    doc = "| [`Tls`], [`Identity`], [`Fingerprint`] | certificates, for `https://` |"
)]
//! | [`Attempt`], [`Canceller`] | one call, with a deadline, which can be cancelled |
//! | [`Multicall`], [`MulticallResults`] | many calls in one request |
//! | [`Error`], [`ErrorKind`] | why a call has no result, and whether it may have run |
//! | [`Phase`], [`HttpStatus`], [`MalformedResponse`], [`OptionName`] | the details of errors |
//! | [`Value`], [`Struct`], [`DateTime`], [`Bytes`], [`BigInteger`], [`BigDecimal`], [`Fault`], [`Dialect`], [`Limits`], [`Limit`], [`WireError`] | values and documents, from `xmlrpc-wire` |
//! | [`IntoParams`], [`IntoValue`], [`FromValue`] | the conversions of arguments and results |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod abort_handle;
mod attempt;
mod builder;
mod canceller;
#[cfg(feature = "cookies")]
mod cookie_jar;
mod credentials;
mod error;
mod headers;
mod host_addresses;
mod http_proxy;
mod multicall;
mod option_name;
mod options;
mod phase;
mod progress;
mod redirect;
mod request;
mod response;
mod server_proxy;
#[cfg(feature = "tls")]
mod tls;
mod transport;
mod url;

pub use attempt::Attempt;
pub use builder::ServerProxyBuilder;
pub use canceller::Canceller;
pub use credentials::Credentials;
pub use error::kind::ErrorKind;
pub use error::{Error, HttpStatus, MalformedResponse};
pub use headers::Headers;
pub use http_proxy::HttpProxy;
pub use multicall::{Multicall, MulticallResults};
pub use option_name::OptionName;
pub use options::Options;
pub use phase::Phase;
pub use server_proxy::ServerProxy;
#[cfg(feature = "tls")]
pub use tls::fingerprint::Fingerprint;
#[cfg(feature = "tls")]
pub use tls::{Identity, Tls};
/// Carries a type of serde's as an argument or a result.
///
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
    BigDecimal, BigInteger, Bytes, DateTime, Dialect, Error as WireError, Fault, FromValue,
    IntoParams, IntoValue, Limit, Limits, Struct, Value,
};
