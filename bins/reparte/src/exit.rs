//! How the command ends when it fails: one line on standard error, and a code.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use xmlrpc_client::{Error, ErrorKind};

use crate::output::tell;

/// Why the command ends early, with the exit code that tells it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The output can't be written. Code 1.
    Output(io::Error),
    /// An argument, or what it names, can't be used. Code 2, as clap's own.
    Argument(String),
    /// The server can't start, or can't go on. Code 3.
    Server(String),
    /// A server can't be reached, or the connection broke. Code 4.
    Unreachable(String),
    /// The function's own error. Code 5.
    Fault(String),
    /// The server answered, but neither with a result nor with a fault. Code 8: 6 and 7
    /// are a signal and a journal, as in the article's programs.
    NoAnswer(String),
    /// What was to be said has been, and the code remains.
    Told(u8),
}

impl Failure {
    pub(crate) const UNREACHABLE: u8 = 4;

    pub(crate) fn argument(text: impl Display) -> Self {
        Failure::Argument(text.to_string())
    }

    pub(crate) fn server(text: impl Display) -> Self {
        Failure::Server(text.to_string())
    }

    fn parts(self) -> (u8, Option<String>) {
        match self {
            Failure::Output(error) => (1, Some(format!("can't write the output: {error}"))),
            Failure::Argument(text) => (2, Some(text)),
            Failure::Server(text) => (3, Some(text)),
            Failure::Unreachable(text) => (Failure::UNREACHABLE, Some(text)),
            Failure::Fault(text) => (5, Some(text)),
            Failure::NoAnswer(text) => (8, Some(text)),
            Failure::Told(code) => (code, None),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let make = match error.kind() {
            ErrorKind::Usage => Failure::Argument,
            ErrorKind::NeverRan | ErrorKind::MayHaveRun => Failure::Unreachable,
            ErrorKind::Fault => Failure::Fault,
            _ => Failure::NoAnswer,
        };
        let remedy = match error.kind() {
            ErrorKind::Refused => "; see --token-file, --ca, --tls-cert and --tls-key",
            _ => "",
        };
        make(format!("{error}{remedy}"))
    }
}

/// Where the reader of the output has left, as in `| head`, there is nothing more to do,
/// and nothing is wrong.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Told(0),
            _ => Failure::Output(error),
        }
    }
}

/// Runs a subcommand, tells of its failure and gives its exit code.
pub(crate) fn run(command: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    let Err(failure) = command() else {
        return ExitCode::SUCCESS;
    };
    let (code, text) = failure.parts();
    if let Some(text) = text {
        tell(format_args!("error: {text}"));
    }
    ExitCode::from(code)
}
