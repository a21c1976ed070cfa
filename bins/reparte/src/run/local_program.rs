//! A program on this machine as a destination of a run.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use reparte::{Call, CallError, ErrorKind};
use xmlrpc_client::{Fault, Value};

use crate::exit::Failure;
use crate::program::answer::ProgramAnswer;
use crate::program::call_input::{CallInput, TaskInput};
use crate::program::command_template::CommandTemplate;
use crate::program::failure::{ProgramFailure, failed};
use crate::program::flags::ProgramFlags;
use crate::program::runner::ProgramRunner;
use crate::run::shortage::{Shortage, ShortagePatience};
use crate::run::task::Task;

/// The name as a server of the run.
pub(super) const NAME: &str = "local";

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
/// | it has been short for as long as the run waits, and no program is at work | `Unfit` |
/// | the machine can't start it | `Unfit` |
/// | nobody waits for it, or the run ends at once | `Cancelled` |
#[derive(Debug)]
pub(super) struct LocalProgram {
    program: Arc<ProgramRunner>,
    slots: usize,
    shortage: Shortage,
}

impl LocalProgram {
    /// Returns the program. Without a number of slots it has as many as the machine has cores for
    /// this process.
    pub(super) fn new(
        template: CommandTemplate,
        slots: Option<u8>,
        flags: &ProgramFlags,
        time: Duration,
        patience: ShortagePatience,
        keeps_errors: bool,
    ) -> Result<Self, Failure> {
        // The time limit of the run is that of its calls, whatever they wait for.
        let program = ProgramRunner::new(template, None, flags, time, false, keeps_errors)?;
        let cores = || thread::available_parallelism().map_or(1, NonZero::get);
        let slots = slots.map_or_else(cores, usize::from);
        let program = Arc::new(program);
        Ok(LocalProgram {
            program,
            slots,
            shortage: Shortage::new(patience),
        })
    }

    /// Returns the program, whose processes start before the run and end after it.
    pub(super) fn program(&self) -> Arc<ProgramRunner> {
        Arc::clone(&self.program)
    }
}

impl LocalProgram {
    /// Returns the command of a task, as a shell reads it.
    ///
    /// # Errors
    ///
    /// No program can take the task. The error is the reason.
    pub(super) fn describe(&self, task: &Task, arguments: &[Value]) -> Result<String, String> {
        let described = self.program.describe(input(task, arguments, 1));
        described.map_err(|fault| fault.message)
    }

    /// Returns how many programs run at a time.
    pub(super) fn slots(&self) -> usize {
        self.slots
    }

    /// Does a task, which has these arguments.
    pub(super) fn call(
        &self,
        task: &Task,
        arguments: &[Value],
        attempt: u32,
        call: &Call,
    ) -> Result<ProgramAnswer, CallError> {
        let input = input(task, arguments, attempt);
        let result = self.program.call(NAME, input, || call.is_cancelled());
        match result {
            Ok(answer) => {
                self.shortage.end();
                Ok(answer)
            }
            Err(failure) => Err(call_error(self.after_shortage(failure))),
        }
    }

    /// Returns the failure of a call, which is a shortage no longer once that has lasted for too
    /// long.
    fn after_shortage(&self, failure: ProgramFailure) -> ProgramFailure {
        match failure {
            ProgramFailure::Scarce(text) if !self.program.is_at_work() => {
                match self.shortage.go_on(Instant::now()) {
                    None => ProgramFailure::Scarce(text),
                    Some(time) => ProgramFailure::Unfit(format!(
                        "no program could be started for {:.0} s: {text}",
                        time.as_secs_f64()
                    )),
                }
            }
            failure => {
                self.shortage.end();
                failure
            }
        }
    }
}

fn input(task: &Task, arguments: &[Value], attempt: u32) -> CallInput {
    let columns = task.columns.as_ref();
    CallInput {
        arguments: arguments.to_vec(),
        task: Some(TaskInput {
            line: task.line,
            attempt,
            text: task.input.clone(),
            // Those of a JSON array are columns too.
            has_columns: columns.is_some() || arguments.len() > 1,
            names: columns.and_then(|columns| columns.names.clone()),
        }),
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
        ProgramFailure::BadOutput(output) => fault(output.into_fault()),
        ProgramFailure::Failed(status, errors) => fault(failed(status, &errors)),
        ProgramFailure::TimeLimit(overrun) => {
            let text = overrun.text("give it less work, or raise --timeout");
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
