//! The failures that end the six programs, and their exit codes.

use std::fmt;
use std::io;

use cli_support::distinct_files::SameFile;
use cli_support::exit::{self, Place};
use cli_support::signals::SignalError;
use factorizar_service::StartError;
use reparte::JournalError;
use xmlrpc_client::ErrorKind;

/// A failure that ends a program.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The program was called without its arguments. The usage goes to standard output, and
    /// the code is 255, both as in the article.
    Usage(&'static str),
    /// An argument, or a file that it names, can't be used. Code 2.
    Argument(String),
    /// The server can't listen on its address, or can't go on. Code 3.
    Server(String),
    /// No server can be reached, or the connection broke. Code 4.
    Unreachable(String),
    /// A server was reached, but some call has no result. Code 5.
    NoResult(String),
    /// A signal ended the run before all results were there. Code 6.
    Interrupted(String),
    /// The journal can't be opened or written. Code 7.
    Journal(String),
    /// The results can't be written. Code 1.
    Output(io::Error),
    /// Nothing failed, and nothing is left to do: `--help` has been printed, or the reader
    /// of the results has left. Code 0.
    Done,
}

impl exit::ProgramFailure for Failure {
    fn code(&self) -> u8 {
        match self {
            Failure::Done => 0,
            Failure::Output(_) => exit::OUTPUT,
            Failure::Argument(_) => exit::ARGUMENT,
            Failure::Server(_) => exit::SERVER,
            Failure::Unreachable(_) => exit::UNREACHABLE,
            Failure::NoResult(_) => exit::FAILED,
            Failure::Interrupted(_) => exit::INTERRUPTED,
            Failure::Journal(_) => exit::JOURNAL,
            Failure::Usage(_) => exit::USAGE,
        }
    }

    fn place(&self) -> Place {
        match self {
            Failure::Done => Place::Nowhere,
            // Where the article prints it.
            Failure::Usage(_) => Place::Output,
            _ => Place::Error,
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

/// Of the journal and the output.
impl From<SameFile> for Failure {
    fn from(error: SameFile) -> Self {
        Failure::Journal(error.to_string())
    }
}

impl From<SignalError> for Failure {
    fn from(error: SignalError) -> Self {
        Failure::Server(error.to_string())
    }
}

/// Of the servers that `--local` starts.
impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Failure::Server(error.to_string())
    }
}

impl From<xmlrpc_server::Error> for Failure {
    fn from(error: xmlrpc_server::Error) -> Self {
        match error {
            xmlrpc_server::Error::BadAddress { .. } => Failure::Argument(error.to_string()),
            _ => Failure::Server(error.to_string()),
        }
    }
}

impl From<xmlrpc_client::Error> for Failure {
    fn from(error: xmlrpc_client::Error) -> Self {
        let make = match error.kind() {
            ErrorKind::Usage => Failure::Argument,
            ErrorKind::NeverRan | ErrorKind::MayHaveRun => Failure::Unreachable,
            _ => Failure::NoResult,
        };
        make(error.to_string())
    }
}

/// Only clnt_processes dispatches.
impl From<reparte::Error> for Failure {
    fn from(error: reparte::Error) -> Self {
        match error {
            reparte::Error::Threads(_) => Failure::Server(error.to_string()),
            _ => Failure::Argument(format!("{error}; see clnt_processes --help")),
        }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Failure::Journal(error.to_string())
    }
}
