//! Fronts: HTTP servers that put a [`Service`](crate::Service) on a socket.
//!
//! | | `tiny` | `hyper` |
//! | --- | --- | --- |
//! | serves | this machine alone | any machine, if told so |
//! | connections | one call each, HTTP/1.0 | kept alive, HTTP/1.1 |
//! | time limits | none on clients | on heads, bodies, answers and idle connections |
//! | if every worker is busy | calls wait, a thread each | a bounded queue, then 503 |
//! | stands on | tiny_http | hyper, tokio |
//!
//! Both answer POST on `/` and `/RPC2`, any other path with 404, another method with 405, a
//! body without a length with 411, and one above the limits with 413.
//!
//! Both write one line per request through `log`, with target `xmlrpc_server::access` and
//! level info: `127.0.0.1 "POST /RPC2 HTTP/1.1" 200 -`, with the client's request line as it
//! came, other characters than printable ASCII escaped. A request that is not HTTP is
//! refused by the HTTP library, without a line.

mod access_log;
mod body_framing;
mod control_headers;
mod cross_site;
mod descriptor_limit;
#[cfg(feature = "hyper")]
pub mod hyper;
mod listen;
mod log_throttle;
mod refusal;
mod request_head;
mod server_thread;
#[cfg(feature = "tiny")]
pub mod tiny;

pub use listen::listen;
