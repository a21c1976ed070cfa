//! The flags that subcommands share, each group in a file of its own, and readers of their
//! values.

pub(crate) mod client;
#[cfg(feature = "redis")]
pub(crate) mod engine;
pub(crate) mod given;
mod keys_directory;
mod named_file;
#[cfg(unix)]
mod own_certificate;
pub(crate) mod seconds;
#[cfg(unix)]
pub(crate) mod server;
#[cfg(unix)]
mod server_directory;
pub(crate) mod server_entry;
pub(crate) mod server_list;
mod server_name;
mod server_place;
pub(crate) mod server_reader;
#[cfg(unix)]
mod server_socket;
#[cfg(unix)]
mod signs_of_life;
pub(crate) mod value_format;
pub(crate) mod whole_number;
