//! How a program ends when it fails: one line on standard error, and a code.

use std::fmt;
use std::process::ExitCode;

use super::output::{print, tell};

/// Why a program ends early, with the exit code that tells it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// Called without the arguments that it needs. The usage goes to standard output, and
    /// the code is 255, both as in the article.
    Usage(&'static str),
    /// An argument can't be understood. Code 2.
    Argument(String),
    /// The server can't listen on its address, or can't go on. Code 3.
    Server(String),
    /// No server can be reached, or the connection broke. Code 4.
    Unreachable(String),
    /// A server was reached, and some call has no result all the same. Code 5.
    NoResult(String),
    /// A signal ended the run before all results were had. Code 6.
    Interrupted(String),
    /// The journal can't be used, or not any further. Code 7.
    Journal(String),
    /// The results can't be written. Code 1.
    Output(std::io::Error),
    /// Nothing is wrong, there is only nothing more to do: `--help` has been printed, or
    /// the reader of the results has left. Code 0.
    Done,
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Failure::Done => 0,
            Failure::Output(_) => 1,
            Failure::Argument(_) => 2,
            Failure::Server(_) => 3,
            Failure::Unreachable(_) => 4,
            Failure::NoResult(_) => 5,
            Failure::Interrupted(_) => 6,
            Failure::Journal(_) => 7,
            Failure::Usage(_) => 255,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(text) => f.write_str(text),
            Failure::Argument(text)
            | Failure::Server(text)
            | Failure::Unreachable(text)
            | Failure::NoResult(text)
            | Failure::Interrupted(text)
            | Failure::Journal(text) => f.write_str(text),
            Failure::Output(error) => write!(f, "can't write the results: {error}"),
            Failure::Done => f.write_str("done"),
        }
    }
}

impl std::error::Error for Failure {}

/// Runs a program, prints its failure where it belongs and gives its exit code.
pub(crate) fn run(program: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    let Err(failure) = program() else {
        return ExitCode::SUCCESS;
    };
    match &failure {
        Failure::Done => {}
        Failure::Usage(text) => {
            // The usage goes where the article prints it; with nobody there to read it,
            // the exit code still tells.
            let _ = print(text);
        }
        other => tell(format_args!("error: {other}")),
    }
    ExitCode::from(failure.code())
}
