//! The shared parts of the end-to-end tests: programs that run, servers in the test's own
//! process, directories that are removed with the test.
//!
//! Nothing waits without a limit, [`PATIENCE`]; nothing listens on a fixed port; what a test
//! starts ends with it.
#![forbid(unsafe_code)]
#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a test's helpers panic where the test fails"
)]

mod directory;
mod ended;
mod local_server;
#[cfg(target_os = "linux")]
mod network_namespace;
mod redis_server;
mod running;
#[cfg(unix)]
mod scgi_server;
mod waiting;

pub use directory::TestDirectory;
pub use ended::Ended;
pub use local_server::LocalServer;
#[cfg(target_os = "linux")]
pub use network_namespace::NetworkNamespace;
pub use redis_server::RedisServer;
pub use running::Running;
#[cfg(unix)]
pub use scgi_server::ScgiServer;
pub use waiting::{PATIENCE, until};
