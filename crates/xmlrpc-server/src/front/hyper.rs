//! The network front, on hyper: for other machines, and for clients that are not trusted.

mod accept;
mod again;
mod body;
mod connection;
mod credentials;
mod exchange;
mod framing;
mod impatient;
mod options;
mod pace;
mod packing;
mod pages;
mod peers;
mod places;
mod pool;
mod response;
mod server;
mod strict;
mod tcp;
#[cfg(feature = "tls")]
mod tls;
mod unless;

pub use options::Options;
pub use server::{Builder, Server};
#[cfg(feature = "tls")]
pub use tls::Tls;
