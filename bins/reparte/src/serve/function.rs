//! The published function: it runs a program for each call.

use std::sync::Arc;
use std::thread;

use untrusted_text::OneLine;
use xmlrpc_server::Context;
use xmlrpc_wire::{Bytes, Fault, Value};

use crate::serve::limits::Limits;
use crate::serve::process::{self, ProcessError};
use crate::serve::process_groups::ProcessGroups;
use crate::serve::program::Program;
use crate::serve::program_user::ProgramUser;
use crate::serve::start_error::StartError;

/// A program as a function.
#[derive(Debug)]
pub(super) struct ProgramFunction {
    pub(super) program: Program,
    /// The user that the program runs as. `None` if it is the server's.
    pub(super) user: Option<ProgramUser>,
    pub(super) limits: Limits,
    /// True if the result is the output's bytes, and not a string.
    pub(super) as_base64: bool,
    pub(super) groups: Arc<ProcessGroups>,
}

impl ProgramFunction {
    /// Runs the program with an argument, and returns its output.
    ///
    /// # Errors
    ///
    /// The program can't take the argument, fails, or reaches a limit; its output doesn't fit
    /// a string; or the call is cancelled.
    pub(super) fn call(&self, call: &Context, argument: Value) -> Result<Value, Fault> {
        let output = self.output(call, argument)?;
        match self.as_base64 {
            true => Ok(Value::from(Bytes(output))),
            false => text(output).map(Value::String),
        }
    }

    /// Runs the program, and returns its output without the last line end.
    fn output(&self, call: &Context, argument: Value) -> Result<Vec<u8>, Fault> {
        let (mut command, input) = self.program.command(argument)?;
        if let Some(user) = &self.user {
            user.apply(&mut command);
        }
        // The directory of the server's own secrets, as systemd names it.
        command.env_remove("CREDENTIALS_DIRECTORY");
        let ended = process::run(command, input, self.limits, call, &self.groups)
            .map_err(|error| fault(call, &error))?;
        if !ended.status.success() {
            let status = ended.status;
            let (errors, last) = match ended.errors.as_str() {
                "" => ("it wrote no error output", "it wrote no error output"),
                errors => (
                    &*format!("its error output ends: {errors}"),
                    errors.lines().next_back().unwrap_or_default(),
                ),
            };
            log::warn!(
                "{}: the program failed ({status}): {}",
                call.method(),
                OneLine::new(last)
            );
            return Err(Fault::application(format!(
                "the program failed ({status}): {errors}"
            )));
        }
        if !ended.errors.is_empty() {
            log::debug!("{}: its error output: {:?}", call.method(), ended.errors);
        }
        let mut output = ended.output;
        output.pop_if(|last| *last == b'\n');
        Ok(output)
    }

    /// Returns the type of the result, as a signature names it.
    pub(super) fn result_type(&self) -> &'static str {
        match self.as_base64 {
            true => "base64",
            false => "string",
        }
    }

    /// Returns the help of the function.
    pub(super) fn help(&self) -> String {
        let Limits {
            time, output_bytes, ..
        } = self.limits;
        let place = match self.program.takes_input() {
            true => "on its standard input",
            false => "in place of {}",
        };
        let result = match self.as_base64 {
            true => "the bytes of its output",
            false => "its output",
        };
        format!(
            "Runs {} with the argument {place} and gives {result}, {output_bytes} bytes at \
             most, within {} s.",
            self.program,
            time.as_secs_f64()
        )
    }
}

/// Returns the fault of a program that gave no result, and logs what is the machine's trouble.
/// Trouble that may pass refuses the call, since a fault would be the task's end.
fn fault(call: &Context, error: &ProcessError) -> Fault {
    let text = error.to_string();
    match error {
        // It has run, in part. No answer says that of it: the process ends now, and the client
        // finds the connection broken.
        ProcessError::Stopped => loop {
            thread::park();
        },
        ProcessError::NotStarted(StartError::Stopping | StartError::Scarce(_)) => {
            log::warn!("{}: {text}", call.method());
            call.refuse();
            Fault::new(Fault::HOST_UNFIT, text)
        }
        ProcessError::NotStarted(StartError::Unfit(_)) | ProcessError::System(_) => {
            log::error!("{}: {text}", call.method());
            Fault::new(Fault::HOST_UNFIT, text)
        }
        _ => Fault::application(text),
    }
}

/// Returns output as a string, if XML can carry it.
fn text(output: Vec<u8>) -> Result<String, Fault> {
    const REMEDY: &str = "start the server with --base64 to have it as bytes";
    let text = String::from_utf8(output)
        .map_err(|_| Fault::application(format!("the program's output is no UTF-8: {REMEDY}")))?;
    match text.chars().find(|&c| !is_xml(c)) {
        None => Ok(text),
        Some(c) => Err(Fault::application(format!(
            "the program's output has the character U+{:04X}, which XML can't carry: {REMEDY}",
            u32::from(c)
        ))),
    }
}

/// Returns whether a document can have this character (XML 1.0, production 2).
fn is_xml(c: char) -> bool {
    !matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
}
