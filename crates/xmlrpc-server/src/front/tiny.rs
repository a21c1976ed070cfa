//! The loopback front, on tiny_http: for this machine alone.
//!
//! tiny_http 0.12 has traps. What is done about each stands where it is done, and in
//! docs/decisions/0002-two-http-fronts.md.

mod options;
mod probe;
mod responder;
mod server;
mod supervisor;
mod workers;

pub use options::Options;
pub use server::{Builder, Server};
