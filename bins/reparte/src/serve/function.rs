//! The published function: its failures as faults, and in the log.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use untrusted_text::OneLine;
use xmlrpc_server::Context;
use xmlrpc_wire::{Fault, Value};

use crate::program::call_input::CallInput;
use crate::program::failure::{ProgramFailure, failed, program_end};
use crate::program::runner::ProgramRunner;
use crate::serve::call_log::{self, CallLog};

/// A program as a published function.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) program: Arc<ProgramRunner>,
    pub(super) log: Option<CallLog>,
    /// True if a result is a struct, which has the error output too.
    pub(super) gives_errors: bool,
}

impl Published {
    /// Answers a call of the function.
    ///
    /// # Errors
    ///
    /// The program gave no result. Trouble of the machine is logged. The call is refused if that may
    /// pass, since a fault would be the task's end.
    pub(super) fn answer(&self, call: &Context, arguments: Vec<Value>) -> Result<Value, Fault> {
        let task = self.log.as_ref().map(|_| call_log::task(&arguments));
        let began = Instant::now();
        let input = CallInput::of_call(arguments);
        let result = self
            .program
            .call(call.method(), input, || call.is_cancelled());
        if let (Some(log), Some(task)) = (&self.log, task) {
            log.write(call, task, began.elapsed(), &result);
        }
        match result {
            Ok(answer) if self.gives_errors => Ok(answer.with_errors()),
            Ok(answer) => Ok(answer.value),
            Err(failure) => Err(fault(call, failure)),
        }
    }
}

fn fault(call: &Context, failure: ProgramFailure) -> Fault {
    let method = call.method();
    match failure {
        ProgramFailure::Call(fault) | ProgramFailure::Cancelled(fault) => fault,
        ProgramFailure::BadOutput(output) => output.into_fault(),
        ProgramFailure::TimeLimit(overrun) => Fault::application(
            overrun.text("send less work, or start the server with a larger --max-seconds"),
        ),
        ProgramFailure::Failed(status, errors) => {
            let last = match errors.lines().next_back() {
                None => "it wrote no error output",
                Some(line) => line,
            };
            log::warn!("{method}: {}: {}", program_end(status), OneLine::new(last));
            failed(status, &errors)
        }
        // It has run, in part. No answer says that of it: the process ends now, and the client
        // finds the connection broken.
        ProgramFailure::Stopped => loop {
            thread::park();
        },
        ProgramFailure::Scarce(text) => {
            log::warn!("{method}: {text}");
            call.refuse();
            Fault::new(Fault::HOST_UNFIT, text)
        }
        ProgramFailure::Unfit(text) => {
            log::error!("{method}: {text}");
            Fault::new(Fault::HOST_UNFIT, text)
        }
    }
}
