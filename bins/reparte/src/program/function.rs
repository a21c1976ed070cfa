//! A program as a function.

use std::sync::Arc;

use xmlrpc_wire::{Bytes, Value};

use crate::program::call_input::CallInput;
use crate::program::command_template::CommandTemplate;
use crate::program::failure::ProgramFailure;
use crate::program::limits::Limits;
use crate::program::output_text::output_text;
use crate::program::own_memory;
use crate::program::process;
use crate::program::process_groups::ProcessGroups;
use crate::program::user::ProgramUser;

/// A program that is run for each call of a function.
#[derive(Debug)]
pub(crate) struct ProgramFunction {
    pub(crate) program: CommandTemplate,
    /// The user that the program runs as. `None` if it is this process's.
    pub(crate) user: Option<ProgramUser>,
    pub(crate) limits: Limits,
    /// True if the result is the output's bytes, and not a string.
    pub(crate) as_base64: bool,
    pub(crate) groups: Arc<ProcessGroups>,
}

impl ProgramFunction {
    /// Runs the program for a call, and returns its output. `name` is that of the function,
    /// for the log.
    ///
    /// # Errors
    ///
    /// The program can't take the argument, can't be started, fails, or reaches a limit; its output
    /// doesn't fit a string; or the call is cancelled.
    pub(crate) fn call(
        &self,
        name: &str,
        call: CallInput,
        is_cancelled: impl Fn() -> bool,
    ) -> Result<Value, ProgramFailure> {
        let output = self.output(name, call, is_cancelled)?;
        match self.as_base64 {
            true => Ok(Value::from(Bytes(output))),
            false => Ok(Value::String(output_text(output)?)),
        }
    }

    /// Runs the program, and returns its output without the last line end.
    fn output(
        &self,
        name: &str,
        call: CallInput,
        is_cancelled: impl Fn() -> bool,
    ) -> Result<Vec<u8>, ProgramFailure> {
        let (mut command, input) = self.program.command(call)?;
        if let Some(user) = &self.user {
            user.apply(&mut command);
        }
        own_memory::hide_secrets(&mut command);
        let ended = process::run(command, input, self.limits, is_cancelled, &self.groups)?;
        if !ended.status.success() {
            return Err(ProgramFailure::Failed(ended.status, ended.errors));
        }
        if !ended.errors.is_empty() {
            log::debug!("{name}: its error output: {:?}", ended.errors);
        }
        let mut output = ended.output;
        output.pop_if(|last| *last == b'\n');
        Ok(output)
    }

    /// Returns the type of the result, as a signature names it.
    pub(crate) fn result_type(&self) -> &'static str {
        match self.as_base64 {
            true => "base64",
            false => "string",
        }
    }

    /// Returns the help of the function.
    pub(crate) fn help(&self) -> String {
        let Limits {
            time, output_bytes, ..
        } = self.limits;
        let argument = match self.program.numbered() {
            Some(count) => format!("{count} arguments, in place of {{1}} and so on,"),
            None if self.program.takes_input() => "the argument on its standard input".to_owned(),
            None => "the argument in place of {}".to_owned(),
        };
        let result = match self.as_base64 {
            true => "the bytes of its output",
            false => "its output",
        };
        format!(
            "Runs {} with {argument} and gives {result}, {output_bytes} bytes at \
             most, within {} s.",
            self.program,
            time.as_secs_f64()
        )
    }
}
