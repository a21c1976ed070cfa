//! The failures that end the command, and their exit codes.

use std::fmt::{self, Display};
use std::io;

use cli_support::distinct_files::SameFile;
use cli_support::exit::{self, Place};
use cli_support::signals::SignalError;
#[cfg(feature = "factoring")]
use factorizar_service::StartError;
use untrusted_text::multi_line;
use xmlrpc_client::{Error, ErrorKind, Fault, Limit, WireError};

/// The reason why the command failed. It decides the exit code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The output can't be written. Code 1.
    Output(io::Error),
    /// An argument, or what it names, can't be used. Code 2, as clap's own.
    Argument(String),
    /// The server can't start, or can't go on. Code 3.
    Server(String),
    /// A server can't be reached, the connection broke, or no server is left. Code 4.
    Unreachable(String),
    /// The function answered a call, or some task of a run, with a fault. Code 5.
    Fault(String),
    /// A signal ended the run before all tasks had. Code 6.
    Interrupted(String),
    /// The journal can't be opened or written. Code 7.
    Journal(String),
    /// The server answered with neither a result nor a fault. Code 8.
    Refused(String),
    /// Ends without a message. Has the code.
    Silent(u8),
}

impl Failure {
    pub(crate) fn argument(text: impl Display) -> Self {
        Failure::Argument(text.to_string())
    }

    pub(crate) fn server(text: impl Display) -> Self {
        Failure::Server(text.to_string())
    }
}

impl exit::ProgramFailure for Failure {
    fn code(&self) -> u8 {
        match *self {
            Failure::Output(_) => exit::OUTPUT,
            Failure::Argument(_) => exit::ARGUMENT,
            Failure::Server(_) => exit::SERVER,
            Failure::Unreachable(_) => exit::UNREACHABLE,
            Failure::Fault(_) => exit::FAILED,
            Failure::Interrupted(_) => exit::INTERRUPTED,
            Failure::Journal(_) => exit::JOURNAL,
            Failure::Refused(_) => exit::REFUSED,
            Failure::Silent(code) => code,
        }
    }

    fn place(&self) -> Place {
        match self {
            Failure::Silent(_) => Place::Nowhere,
            _ => Place::Error,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Output(error) => write!(f, "can't write the output: {error}"),
            Failure::Argument(text)
            | Failure::Server(text)
            | Failure::Unreachable(text)
            | Failure::Fault(text)
            | Failure::Interrupted(text)
            | Failure::Journal(text)
            | Failure::Refused(text) => f.write_str(text),
            Failure::Silent(_) => Ok(()),
        }
    }
}

impl From<SameFile> for Failure {
    fn from(error: SameFile) -> Self {
        match error.is_of("--journal") {
            true => Failure::Journal(error.to_string()),
            false => Failure::argument(error),
        }
    }
}

impl From<SignalError> for Failure {
    fn from(error: SignalError) -> Self {
        Failure::server(error)
    }
}

#[cfg(feature = "factoring")]
impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Failure::server(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let make = match error.kind() {
            ErrorKind::Usage => Failure::Argument,
            ErrorKind::NeverRan | ErrorKind::MayHaveRun => Failure::Unreachable,
            ErrorKind::Fault => Failure::Fault,
            _ => Failure::Refused,
        };
        let remedy = match error.kind() {
            _ if matches!(error, Error::ProxyRefused { .. }) => "; see --proxy",
            _ if is_beyond_limit(&error) => "; see --max-answer",
            _ if matches!(&error, Error::Http(http) if http.status == 401) => {
                "; see --token-file, or give a user and a password: http://user:password@host"
            }
            ErrorKind::Refused => "; see --keys, or --token-file, --ca, --tls-cert and --tls-key",
            _ => "",
        };
        match &error {
            // The end of a program's error output has lines, and the last ones say most.
            Error::Fault(fault) => make(format!(
                "fault {}: {}{}",
                fault.code,
                multi_line(&fault.message),
                match fault.code {
                    Fault::METHOD_NOT_FOUND => "; `reparte methods` lists those of a server",
                    _ => "",
                }
            )),
            _ => make(format!("{error}{remedy}")),
        }
    }
}

/// Returns whether an error, or one that it comes of, is an answer that `--max-answer` is too
/// small for.
pub(crate) fn is_beyond_limit(error: &(dyn std::error::Error + 'static)) -> bool {
    let errors = std::iter::successors(Some(error), |error| error.source());
    let mut limits = errors.filter_map(|error| match error.downcast_ref() {
        Some(WireError::LimitExceeded { limit, .. }) => Some(*limit),
        _ => None,
    });
    limits.any(|limit| matches!(limit, Limit::Bytes | Limit::Values | Limit::String))
}

/// A reader that closes the pipe, as `| head` does, has what it wants: that is a success.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Silent(0),
            _ => Failure::Output(error),
        }
    }
}
