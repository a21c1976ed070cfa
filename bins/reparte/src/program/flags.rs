//! The flags of a program that is run for each call.
//!
//! The comments of the fields are the text of `--help`.

use std::time::Duration;

use clap::Args;

use crate::flags::seconds::seconds;
use crate::program::limits::Limits;

// No doc comment: clap would take it for the subcommand's.
#[derive(Debug, Args)]
pub(crate) struct ProgramFlags {
    /// Let the program print at most this much on standard output, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 4 * 1024 * 1024, requires = "program")]
    max_output: u64,
    /// Let a process that the program leaves running hold its output in silence for at most
    /// this long; a call whose output may not be whole then fails
    #[arg(long, value_name = "S", value_parser = seconds, default_value = "5")]
    #[arg(requires = "program")]
    output_grace: Duration,
    /// The result is the output's bytes, whatever they are, and not a string
    #[arg(long, requires = "program")]
    pub(crate) base64: bool,
}

impl ProgramFlags {
    /// Returns the limits of a program that may run for this long.
    pub(crate) fn limits(&self, time: Duration) -> Limits {
        Limits {
            time,
            output_bytes: self.max_output,
            output_grace: self.output_grace,
        }
    }
}
