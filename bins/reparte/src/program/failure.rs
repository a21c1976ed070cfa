//! The reasons why a program gave no result.

use std::process::ExitStatus;
use std::time::Duration;

use xmlrpc_wire::Fault;

use crate::program::process::ProcessError;
use crate::program::start_error::StartError;

/// The reason why a program gave no result, by who can do something about it.
#[derive(Debug)]
pub(crate) enum ProgramFailure {
    /// The call's own: the program can't take the argument, its output is no text, or it reaches a
    /// limit.
    Call(Fault),
    /// The program has failed. Its error output ends with this text.
    Failed(ExitStatus, String),
    /// The program has run for as long as it may, which is this time.
    TimeLimit(Duration),
    /// Nobody waits for the call any more.
    Cancelled(Fault),
    /// All programs are being ended, this one after it has run in part.
    Stopped,
    /// The machine is short of something for the moment.
    Scarce(String),
    /// The machine can't run the program, whatever its argument.
    Unfit(String),
}

impl From<Fault> for ProgramFailure {
    fn from(fault: Fault) -> Self {
        ProgramFailure::Call(fault)
    }
}

impl From<ProcessError> for ProgramFailure {
    fn from(error: ProcessError) -> Self {
        let text = error.to_string();
        match error {
            ProcessError::Stopped => ProgramFailure::Stopped,
            ProcessError::NotStarted(StartError::Stopping | StartError::Scarce(_)) => {
                ProgramFailure::Scarce(text)
            }
            ProcessError::NotStarted(StartError::Unfit(_)) | ProcessError::System(_) => {
                ProgramFailure::Unfit(text)
            }
            ProcessError::TimeLimit(time) => ProgramFailure::TimeLimit(time),
            ProcessError::Cancelled => ProgramFailure::Cancelled(Fault::application(text)),
            ProcessError::NotStarted(StartError::ArgumentTooLong(_))
            | ProcessError::OutputLimit(_)
            | ProcessError::OutputHeld(_) => ProgramFailure::Call(Fault::application(text)),
        }
    }
}

/// Returns the fault of a program that has failed.
pub(crate) fn failed(status: ExitStatus, errors: &str) -> Fault {
    let errors = match errors {
        "" => "it wrote no error output",
        errors => &*format!("its error output ends: {errors}"),
    };
    Fault::application(format!("the program failed ({status}): {errors}"))
}
