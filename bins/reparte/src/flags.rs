//! The flags that subcommands share, each group in a file of its own, and readers of their
//! values.

pub(crate) mod client;
#[cfg(feature = "redis")]
pub(crate) mod engine;
mod named_file;
pub(crate) mod seconds;
#[cfg(unix)]
pub(crate) mod server;
pub(crate) mod server_list;
#[cfg(unix)]
mod server_socket;
pub(crate) mod value_format;
pub(crate) mod whole_number;
