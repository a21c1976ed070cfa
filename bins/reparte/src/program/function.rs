//! A program as a function.

use std::sync::Arc;

use crate::program::answer::ProgramAnswer;
use crate::program::call_input::CallInput;
use crate::program::command_template::CommandTemplate;
use crate::program::failure::{BadOutput, ProgramFailure};
use crate::program::limits::Limits;
use crate::program::own_memory;
use crate::program::process;
use crate::program::process_groups::ProcessGroups;
use crate::program::result_type::ResultType;
use crate::program::user::ProgramUser;

/// A program that is run for each call of a function.
#[derive(Debug)]
pub(crate) struct ProgramFunction {
    pub(crate) program: CommandTemplate,
    /// The user that the program runs as. `None` if it is this process's.
    pub(crate) user: Option<ProgramUser>,
    pub(crate) limits: Limits,
    pub(crate) result: ResultType,
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
    ) -> Result<ProgramAnswer, ProgramFailure> {
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
        // The last line end is none of the result.
        output.pop_if(|last| *last == b'\n');
        let (exit_code, errors) = (ended.status.code(), ended.errors);
        match self.result.value(output) {
            Ok(value) => Ok(ProgramAnswer {
                value,
                exit_code,
                errors,
            }),
            Err(reason) => Err(ProgramFailure::BadOutput(BadOutput {
                reason,
                has_own_reason: false,
                exit_code,
                errors,
            })),
        }
    }

    /// Returns the help of the function.
    pub(crate) fn help(&self) -> String {
        let Limits {
            time, output_bytes, ..
        } = self.limits;
        let argument = match self.program.numbered() {
            _ if self.program.has_columns() => "columns as its arguments".to_owned(),
            Some(count) => format!("{count} arguments, in place of {{1}} and so on,"),
            None if self.program.takes_input() => "the argument on its standard input".to_owned(),
            None => "the argument in place of {}".to_owned(),
        };
        let result = match self.result {
            ResultType::String => "its output",
            ResultType::Base64 => "the bytes of its output",
            ResultType::Json => "the JSON value that it prints",
        };
        format!(
            "Runs {} with {argument} and gives {result}, {output_bytes} bytes at \
             most, within {} s.",
            self.program,
            time.as_secs_f64()
        )
    }
}
