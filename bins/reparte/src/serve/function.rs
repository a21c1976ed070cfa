//! The published function: its failures as faults, and in the log.

use std::thread;

use untrusted_text::OneLine;
use xmlrpc_server::Context;
use xmlrpc_wire::{Fault, Value};

use crate::program::call_input::CallInput;
use crate::program::failure::{ProgramFailure, failed, overran, program_end};
use crate::program::runner::ProgramRunner;

/// Answers a call of the function.
///
/// # Errors
///
/// The program gave no result. Trouble of the machine is logged. The call is refused if that may
/// pass, since a fault would be the task's end.
pub(super) fn answer(
    program: &ProgramRunner,
    call: &Context,
    arguments: Vec<Value>,
) -> Result<Value, Fault> {
    let result = program.call(call.method(), CallInput::of_call(arguments), || {
        call.is_cancelled()
    });
    result.map_err(|failure| fault(call, failure))
}

fn fault(call: &Context, failure: ProgramFailure) -> Fault {
    let method = call.method();
    match failure {
        ProgramFailure::Call(fault) | ProgramFailure::Cancelled(fault) => fault,
        ProgramFailure::TimeLimit(time, errors) => Fault::application(overran(
            time,
            &errors,
            "send less work, or start the server with a larger --max-seconds",
        )),
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
