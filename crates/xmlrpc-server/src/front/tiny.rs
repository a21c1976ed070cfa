//! The loopback front: blocking, a thread per connection, for this machine alone.
//!
//! It reads heads with httparse, under the checks that the hyper front has. docs/decisions/0002-two-http-fronts.md has the
//! reasons for two fronts.

mod accept;
mod connection;
mod connections;
mod options;
mod parsed_head;
mod response;
mod server;
mod socket_reader;
mod workers;

pub use options::Options;
pub use server::{Builder, Server};
