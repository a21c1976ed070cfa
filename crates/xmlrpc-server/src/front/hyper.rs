//! The network front, on hyper: for other machines, and for clients that are not trusted.

// The way of a request: `accept` takes its connection, `connection` lays the streams over each
// other (TLS, `write_timeout`, `checked_stream`), hyper reads its head, `request` checks it and
// reads its body, `workers` gives its call a turn, and `response` makes the answer.

mod accept;
mod authorization;
mod body;
mod checked_stream;
mod chunked_body;
mod compression;
mod connection;
mod connection_limit;
mod get;
mod inline_calls;
mod options;
mod per_peer_limit;
mod race;
mod refusals;
mod request;
mod response;
mod self_wake;
mod server;
mod shared;
mod socket;
mod tcp;
#[cfg(feature = "tls")]
mod tls;
mod workers;
mod write_timeout;

pub use options::Options;
pub use server::{Builder, Server};
#[cfg(feature = "tls")]
pub use tls::Tls;
