//! The loopback front, on tiny_http: blocking, a thread per connection, for this machine alone.
//!
//! A request goes this way:
//!
//! | step | file |
//! | --- | --- |
//! | the connection is accepted, within the limit | `accept.rs`, `connections.rs` |
//! | the relay reads a whole request within its times, and checks its head | `relay.rs`, `socket_reader.rs` |
//! | it passes the request on to tiny_http, on a private socket | `exchange.rs`, `forwarded_head.rs`, `private_server.rs`, `private_connection.rs` |
//! | tiny_http reads it, and hands it over to a thread | `receivers.rs` |
//! | it is checked, and its function runs | `responder.rs`, `workers.rs` |
//! | tiny_http writes the answer, and the relay copies it to the client | `relay.rs` |
//!
//! docs/decisions/0002-two-http-fronts.md has the reasons for two fronts, and for the relay.

mod accept;
mod connections;
mod exchange;
mod forwarded_head;
mod options;
mod private_connection;
mod private_server;
mod private_socket;
mod receivers;
mod relay;
mod request_line;
mod responder;
mod response;
mod server;
mod socket;
mod socket_reader;
mod socket_writer;
mod time_limit;
mod uninterrupted;
mod workers;

pub use options::Options;
pub use server::{Builder, Server};
