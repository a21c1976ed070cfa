//! The flags of a program that is run for each call, or kept.
//!
//! The comments of the fields are the text of `--help`.

use std::time::Duration;

use clap::Args;

use crate::exit::Failure;
use crate::flags::seconds::seconds;
use crate::flags::whole_number::whole_number;
use crate::program::error_tail::FAILURE_BYTES;
use crate::program::kept::framing::Framing;
use crate::program::kept::options::KeepOptions;
use crate::program::limits::Limits;
use crate::program::result_type::ResultType;

// No doc comment: clap would take it for the subcommand's.
#[derive(Debug, Args)]
pub(crate) struct ProgramFlags {
    /// Let the program print at most this much on standard output, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 4 * 1024 * 1024, requires = "program")]
    max_output: u64,
    /// Let a process that the program leaves running hold its output in silence for at most
    /// this long; a call whose output may not be whole then fails
    #[arg(long, value_name = "S", value_parser = seconds, default_value = "5")]
    #[arg(requires = "program", conflicts_with = "keep")]
    output_grace: Duration,
    /// The result is the output's bytes, whatever they are, and not a string; as --result-type
    /// base64
    #[arg(long, requires = "program")]
    base64: bool,
    /// The type of the result. With json it is a value, and no string that has JSON in it: in
    /// `run`, that of servers too
    #[arg(long, value_name = "TYPE", value_enum, default_value = "string")]
    #[arg(conflicts_with = "base64")]
    result_type: ResultType,
    /// Give what the program says on standard error, the last 64 KiB, with a result too. `run`
    /// shows it; the result of `serve` is then a struct of result and stderr, which `run --stderr`
    /// takes apart
    #[arg(long)]
    pub(crate) stderr: bool,
    /// Start the program once for each call that runs at a time, and keep it: it reads one task
    /// after the other from its standard input, and writes a result for each to its standard
    /// output
    #[arg(long, requires = "program", help_heading = "Programs that stay")]
    keep: bool,
    /// The form of tasks and results of a kept program
    #[arg(long, value_enum, default_value = "lines", requires = "keep")]
    #[arg(help_heading = "Programs that stay")]
    framing: Framing,
    /// A kept program writes its results to this descriptor, from 3 to 9, and what it prints on
    /// standard output goes where its error output goes
    #[arg(long, value_name = "FD", value_parser = whole_number(1..=9_u8), default_value_t = 1)]
    #[arg(requires = "keep", help_heading = "Programs that stay")]
    results_fd: u8,
    /// End a kept process after N calls, and start a new one
    #[arg(long, value_name = "N", value_parser = whole_number(1..=u64::MAX), requires = "keep")]
    #[arg(help_heading = "Programs that stay")]
    recycle: Option<u64>,
    /// Give a kept process this long to finish a call that nobody waits for, and to end once its
    /// standard input is closed
    #[arg(long, value_name = "S", value_parser = seconds, default_value = "10")]
    #[arg(requires = "keep", help_heading = "Programs that stay")]
    keep_grace: Duration,
}

impl ProgramFlags {
    /// Returns the limits of a program that may run for this long.
    pub(crate) fn limits(&self, time: Duration) -> Limits {
        Limits {
            time,
            output_bytes: self.max_output,
            output_grace: self.output_grace,
            error_bytes: FAILURE_BYTES,
        }
    }

    /// Returns the type of the result.
    pub(crate) fn result_type(&self) -> ResultType {
        match self.base64 {
            true => ResultType::Base64,
            false => self.result_type,
        }
    }

    /// Returns the options of a kept program. `None` if the program is started for each call.
    ///
    /// # Errors
    ///
    /// The flags don't go together.
    pub(crate) fn keep(&self) -> Result<Option<KeepOptions>, Failure> {
        if self.results_fd == 2 {
            return Err(Failure::argument(
                "--results-fd: 2 is the error output: name a descriptor from 3 to 9, such as 3",
            ));
        }
        if self.result_type() == ResultType::Base64 && self.framing == Framing::Json {
            return Err(Failure::argument(
                "--base64: the result of --framing json is a JSON value: leave --base64 out, or \
                 take --framing length, whose results are bytes",
            ));
        }
        Ok(self.keep.then_some(KeepOptions {
            framing: self.framing,
            result: self.result_type(),
            keeps_errors: false,
            results_fd: self.results_fd,
            recycle: self.recycle,
            grace: self.keep_grace,
        }))
    }
}
