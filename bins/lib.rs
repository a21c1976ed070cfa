//! The shared parts of the article's six programs: their command lines, exit codes and output,
//! the servers, the clients, and the run over many servers.
//!
//! The programs are the product. This library is public only because they are other crates.

#![forbid(unsafe_code)]

mod shared {
    pub(crate) mod claimed_factors;
    pub(crate) mod client_program;
    pub(crate) mod command_line;
    pub(crate) mod factoring_run;
    pub(crate) mod failure;
    pub(crate) mod number_range;
    pub(crate) mod output;
    pub(crate) mod run_failure;
    pub(crate) mod secret_files;
    pub(crate) mod server_flags;
    pub(crate) mod server_program;
    pub(crate) mod work_limit_flags;
}

use std::process::ExitCode;

use cli_support::exit::run;
use cli_support::logging::{self, AccessLine};
pub use factorizar_service::WorkLimits;
pub use shared::claimed_factors::ClaimedFactors;
pub use shared::client_program::ClientProgram;
pub use shared::factoring_run::FactoringRun;
pub use shared::failure::Failure;
pub use shared::number_range::NumberRange;
pub use shared::output::print;
pub use shared::server_program::ServerProgram;

/// Runs a server program: starts its log, which has a line for each request, and turns a
/// failure into a line on standard error and an exit code.
pub fn run_server(program: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    let filters = "warn,xmlrpc_server::access=info";
    logging::start(filters, AccessLine::BaseHttpServer, true);
    run(program)
}

/// Runs a client program: starts its log, and turns a failure into a line on standard error
/// and an exit code.
pub fn run_client(program: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    logging::start("warn,reparte=info", AccessLine::BaseHttpServer, true);
    run(program)
}

/// The README, whose examples have to compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
