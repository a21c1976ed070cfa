//! What puts a [`Service`](crate::Service) on a socket.
//!
//! | | `tiny` | `hyper` |
//! | --- | --- | --- |
//! | serves | this machine alone | any, if told so |
//! | connections | one call each, HTTP/1.0 | kept alive, HTTP/1.1 |
//! | time limits | none on clients | on heads, bodies and idle connections |
//! | when every worker computes | calls wait, a thread each | a bounded queue, then 503 |
//! | tree | tiny_http | hyper, tokio |
//!
//! Both serve POST on `/` and `/RPC2` and answer any other path with 404, another
//! method with 405, a body without a length with 411, one above the limits with 413.
//! Both write a line per request through `log`, target `xmlrpc_server::access`, level
//! info: `127.0.0.1 "POST /RPC2 HTTP/1.1" 200 -`, with the client's request line as it
//! came, foreign characters escaped. A request that is not HTTP is refused by the HTTP
//! library, without a line.

mod access;
mod address;
mod descriptors;
mod gate;
mod head;
#[cfg(feature = "hyper")]
pub mod hyper;
mod request;
mod server_thread;
mod throttle;
#[cfg(feature = "tiny")]
pub mod tiny;

pub use address::listen;
