//! A program on this machine as a destination of a run.

use std::ffi::OsString;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use reparte::{Call, CallError, Destino, ErrorKind};
use xmlrpc_client::{Fault, Value};

use crate::exit::Failure;
use crate::program::command_template::CommandTemplate;
use crate::program::failure::{ProgramFailure, failed, overran};
use crate::program::flags::ProgramFlags;
use crate::program::runner::ProgramRunner;

/// The pause after a start for which the machine was short of something. Programs that end give
/// back what they had.
const SHORTAGE_PAUSE: Duration = Duration::from_millis(200);

/// A program of which some run at a time on this machine.
///
/// | failure of the program | kind |
/// | --- | --- |
/// | it fails, can't take the argument, or its output is no result | `Fault` |
/// | it has run for longer than `--timeout` | `Overran` |
/// | the machine is short of something for the moment | `Busy` |
/// | the machine can't start it | `Unfit` |
/// | nobody waits for it, or the run ends at once | `Cancelled` |
#[derive(Debug)]
pub(super) struct LocalProgram {
    program: Arc<ProgramRunner>,
    slots: usize,
}

impl LocalProgram {
    /// Finds the program that the first word names. Without a number of slots it has as many as
    /// the machine has cores for this process.
    ///
    /// # Errors
    ///
    /// There is no such program, or tasks would choose it.
    pub(super) fn new(
        words: &[OsString],
        slots: Option<u8>,
        flags: &ProgramFlags,
        time: Duration,
    ) -> Result<Self, Failure> {
        let template = CommandTemplate::find(words)?;
        // The time limit of the run is that of its calls, whatever they wait for.
        let program = ProgramRunner::new(template, None, flags, time, false)?;
        let cores = || thread::available_parallelism().map_or(1, NonZero::get);
        let slots = slots.map_or_else(cores, usize::from);
        let program = Arc::new(program);
        Ok(LocalProgram { program, slots })
    }

    /// Returns the program, whose processes start before the run and end after it.
    pub(super) fn program(&self) -> Arc<ProgramRunner> {
        Arc::clone(&self.program)
    }
}

impl Destino<Vec<Value>, Value> for LocalProgram {
    fn name(&self) -> &str {
        "local"
    }

    fn slots(&self) -> usize {
        self.slots
    }

    fn call(&self, arguments: &Vec<Value>, call: &Call) -> Result<Value, CallError> {
        let arguments = arguments.clone();
        let result = self
            .program
            .call("local", arguments, || call.is_cancelled());
        result.map_err(call_error)
    }
}

fn call_error(failure: ProgramFailure) -> CallError {
    let fault = |fault: Fault| match fault.code {
        // A kept program may say so itself.
        Fault::HOST_UNFIT => CallError::new(ErrorKind::Unfit, fault.message),
        code => CallError::fault(code, fault.message),
    };
    match failure {
        ProgramFailure::Call(reason) => fault(reason),
        ProgramFailure::Failed(status, errors) => fault(failed(status, &errors)),
        ProgramFailure::TimeLimit(time, errors) => {
            let text = overran(time, &errors, "give it less work, or raise --timeout");
            CallError::new(ErrorKind::Overran, text)
        }
        ProgramFailure::Scarce(text) => {
            let retry_after = Some(SHORTAGE_PAUSE);
            CallError::new(ErrorKind::Busy { retry_after }, text)
        }
        ProgramFailure::Unfit(text) => CallError::new(ErrorKind::Unfit, text),
        ProgramFailure::Cancelled(reason) => CallError::new(ErrorKind::Cancelled, reason.message),
        ProgramFailure::Stopped => CallError::new(ErrorKind::Cancelled, "the run ends at once"),
    }
}
