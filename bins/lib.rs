//! What the six programs of the article share: their command lines, exit codes, output,
//! logs and signals, and the functions that they publish.
//!
//! The programs are the product; this library is public only so that they can use it.

#![forbid(unsafe_code)]

mod shared {
    pub(crate) mod client;
    pub(crate) mod command_line;
    pub(crate) mod exit;
    pub(crate) mod factoring;
    pub(crate) mod factors;
    pub(crate) mod local;
    pub(crate) mod logging;
    pub(crate) mod numbers;
    pub(crate) mod output;
    pub(crate) mod processes;
    pub(crate) mod secrets;
    pub(crate) mod server;
    pub(crate) mod signals;
    pub(crate) mod work_limits;
}

use std::process::ExitCode;

pub use shared::client::Client;
pub use shared::exit::Failure;
pub use shared::factors::Factors;
pub use shared::local::LocalServers;
pub use shared::numbers::Numbers;
pub use shared::output::print;
pub use shared::processes::Processes;
pub use shared::server::Server;
pub use shared::signals::at_signal;
pub use shared::work_limits::WorkLimits;

/// Runs a server: starts its log, access lines included, and turns a failure into a line
/// on standard error and an exit code.
pub fn run_server(program: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    shared::logging::start("warn,xmlrpc_server::access=info");
    shared::exit::run(program)
}

/// Runs a client, as [`run_server`] does a server.
pub fn run_client(program: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    shared::logging::start("warn,reparte=info");
    shared::exit::run(program)
}

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
