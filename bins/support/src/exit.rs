//! Exit codes, and the end of a program that failed.

use std::fmt::Display;
use std::process::ExitCode;
use std::time::Duration;

use crate::diagnostics;
use crate::output::{eprint, print};
use crate::signals::survive_file_size_limit;

/// Exit code: the output can't be written.
pub const OUTPUT: u8 = 1;
/// Exit code: an argument, or a file that it names, can't be used.
pub const ARGUMENT: u8 = 2;
/// Exit code: a server can't start, or can't go on.
pub const SERVER: u8 = 3;
/// Exit code: no server can be reached, or the connection broke.
pub const UNREACHABLE: u8 = 4;
/// Exit code: a server was reached, and some call has no result.
pub const FAILED: u8 = 5;
/// Exit code: a signal ended the run before all results were there.
pub const INTERRUPTED: u8 = 6;
/// Exit code: the journal can't be opened or written.
pub const JOURNAL: u8 = 7;
/// Exit code: a server refused the call, or what answered is not an XML-RPC server.
pub const REFUSED: u8 = 8;
/// Exit code: called without the required arguments, as the article has it.
pub const USAGE: u8 = 255;

/// A failure that ends a program. Its text displays as one line.
pub trait ProgramFailure: Display {
    /// The exit code.
    fn code(&self) -> u8;

    /// The place where the text is printed.
    fn place(&self) -> Place {
        Place::Error
    }
}

/// The place where a failure's text is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// Standard error, after `error: `.
    Error,
    /// Standard output, as it is.
    Output,
    /// Nowhere.
    Nowhere,
}

/// Runs a program, prints its failure and returns its exit code.
pub fn run<F: ProgramFailure>(program: impl FnOnce() -> Result<(), F>) -> ExitCode {
    survive_file_size_limit();
    let ended = program();
    if let Err(failure) = &ended {
        match failure.place() {
            Place::Error => eprint(format_args!("error: {failure}")),
            // If nobody reads it, the exit code still says what happened.
            Place::Output => drop(print(failure)),
            Place::Nowhere => {}
        }
    }
    diagnostics::flush(PATIENCE);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ExitCode::from(failure.code()),
    }
}

/// The time for which the end of a program waits for a standard error that nobody reads.
const PATIENCE: Duration = Duration::from_secs(1);
