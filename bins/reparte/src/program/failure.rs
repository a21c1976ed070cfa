//! The reasons why a program gave no result.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use xmlrpc_wire::Fault;

use crate::program::error_tail::{FAILURE_BYTES, end_of};
use crate::program::process::ProcessError;
use crate::program::start_error::StartError;

/// The reason why a program gave no result, by who can do something about it.
#[derive(Debug)]
pub(crate) enum ProgramFailure {
    /// The call's own: the program can't take the argument, answers with a fault, or reaches a limit.
    Call(Fault),
    /// The program has failed. Its error output ends with this text.
    Failed(ExitStatus, String),
    /// The program has run for as long as it may.
    TimeLimit(Overrun),
    /// Nobody waits for the call any more.
    Cancelled(Fault),
    /// All programs are being ended, this one after it has run in part.
    Stopped,
    /// The machine is short of something for the moment.
    Scarce(String),
    /// The machine can't run the program, whatever its argument.
    Unfit(String),
    /// The program has run, and its answer is no result.
    BadOutput(BadOutput),
}

/// A program that was ended at its time limit.
#[derive(Debug)]
pub(crate) struct Overrun {
    /// The time limit.
    pub(crate) time: Duration,
    /// The end of the error output of a kept process.
    pub(crate) errors: String,
    /// True for a kept process that has never answered a task: its answer may be in its buffer.
    pub(crate) has_never_answered: bool,
}

impl Overrun {
    /// Returns the text of the failure, with a remedy.
    pub(crate) fn text(&self, remedy: &str) -> String {
        let errors = match &*self.errors {
            "" => String::new(),
            errors => format!("; {}", ending(errors)),
        };
        let flush = match self.has_never_answered {
            true => {
                "if it has written its answer, have it flush the line, as print(..., flush=True) does; else "
            }
            false => "",
        };
        let seconds = self.time.as_secs_f64();
        format!("the program was ended after {seconds} s: {flush}{remedy}{errors}")
    }
}

/// An answer that is no result.
#[derive(Debug)]
pub(crate) struct BadOutput {
    pub(crate) reason: Fault,
    /// True if the program has given the reason itself: its fault is passed on as it is.
    pub(crate) has_own_reason: bool,
    /// The exit code. `None` for a program that is kept.
    pub(crate) exit_code: Option<i32>,
    /// The end of the error output of this call.
    pub(crate) errors: String,
}

impl BadOutput {
    /// Returns the fault of the call, with the end of the error output if there is one.
    pub(crate) fn into_fault(self) -> Fault {
        Fault::new(self.reason.code, self.to_string())
    }
}

impl fmt::Display for BadOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason.message)?;
        match &*self.errors {
            errors if !errors.is_empty() && !self.has_own_reason => {
                write!(f, "; {}", ending(errors))
            }
            _ => Ok(()),
        }
    }
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
            ProcessError::TimeLimit(time) => ProgramFailure::TimeLimit(Overrun {
                time,
                errors: String::new(),
                has_never_answered: false,
            }),
            ProcessError::Cancelled => ProgramFailure::Cancelled(Fault::application(text)),
            ProcessError::NotStarted(StartError::ArgumentTooLong(_))
            | ProcessError::OutputLimit(_)
            | ProcessError::OutputHeld(_) => ProgramFailure::Call(Fault::application(text)),
        }
    }
}

impl fmt::Display for ProgramFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProgramFailure::Call(fault) | ProgramFailure::Cancelled(fault) => {
                f.write_str(&fault.message)
            }
            ProgramFailure::Failed(status, errors) => f.write_str(&failed(*status, errors).message),
            ProgramFailure::TimeLimit(overrun) => f.write_str(&overrun.text("it has a time limit")),
            ProgramFailure::BadOutput(output) => output.fmt(f),
            ProgramFailure::Stopped => f.write_str("all programs are being ended"),
            ProgramFailure::Scarce(text) | ProgramFailure::Unfit(text) => f.write_str(text),
        }
    }
}

/// Returns the fault of a program that has failed.
pub(crate) fn failed(status: ExitStatus, errors: &str) -> Fault {
    Fault::application(format!("{}: {}", program_end(status), ending(errors)))
}

/// Returns the words on the end of a program that gave no result.
pub(crate) fn program_end(status: ExitStatus) -> String {
    // A kept process may end with 0 too early.
    let end = match status.success() {
        true => "ended without an answer",
        false => "failed",
    };
    format!("the program {end} ({status})")
}

/// Returns the words on the end of an error output, of which more may have been kept than goes with
/// a failure.
pub(crate) fn ending(errors: &str) -> String {
    match end_of(errors, FAILURE_BYTES) {
        "" => "it wrote no error output".to_owned(),
        errors => format!("its error output ends: {errors}"),
    }
}
