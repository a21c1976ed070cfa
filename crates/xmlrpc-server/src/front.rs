//! Fronts: HTTP servers that put a [`Service`](crate::Service) on a socket.
//!
//! | | `tiny` | `hyper` |
//! | --- | --- | --- |
//! | serves | this machine alone | any machine, if told so |
//! | connections | a thread each | a few threads for all |
//! | bodies in chunks | refused (411) | read |
//! | if every worker is busy | calls wait, in their threads | a bounded queue, then 503 |
//! | a client that disconnects | its call runs to its end | its call is cancelled |
//! | GET | refused (405) | pages |
//! | stands on | tiny_http, behind a relay | hyper, tokio |
//!
//! Both listen on TCP or on a Unix socket ([`Listener`]), where a client is known by its user
//! in place of its address.
//!
//! Both keep connections alive, limit the time of heads, bodies, answers and idle connections,
//! and have the checks of heads and bodies in common.
//!
//! Both answer POST on `/` and `/RPC2`, any other path with 404, another method with 405, a
//! body without a length with 411, and one above the limits with 413.
//!
//! Both write one line per request through `log`, with target `xmlrpc_server::access` and
//! level info: `127.0.0.1 "POST /RPC2 HTTP/1.1" 200 -`, with the client's request line as it
//! came, other characters than printable ASCII escaped. A client of a Unix socket is `uid:1000`
//! there. A request that is not HTTP is refused without a line. A peer that is refused more than
//! twice a second for long gets no line for each: a line of level warn tells their number. On the
//! hyper front, its guesses of the token are then answered after a second each.

mod accept_error;
mod access_log;
mod body_buffer;
mod body_framing;
mod content_coding;
mod control_headers;
mod cross_site;
mod descriptor_limit;
#[cfg(feature = "hyper")]
pub mod hyper;
mod listen;
mod listen_address;
mod listener;
mod log_throttle;
mod memory_budget;
mod peer;
mod raw_head;
mod refusal;
mod refusal_throttle;
mod request_body;
mod request_head;
mod server_thread;
#[cfg(unix)]
mod socket_file;
#[cfg(feature = "tiny")]
pub mod tiny;
#[cfg(unix)]
mod unix_socket;

pub use listen::listen;
pub use listen_address::ListenAddress;
pub use listener::Listener;
#[cfg(unix)]
pub use unix_socket::UnixSocket;
