//! A program as a function, started for each call or kept.

use std::sync::Arc;
use std::time::Duration;

use xmlrpc_wire::Fault;

use crate::exit::Failure;
use crate::program::answer::ProgramAnswer;
use crate::program::call_input::CallInput;
use crate::program::command_template::CommandTemplate;
use crate::program::error_tail::REQUESTED_BYTES;
use crate::program::failure::ProgramFailure;
use crate::program::flags::ProgramFlags;
use crate::program::function::ProgramFunction;
use crate::program::kept::KeptProgram;
use crate::program::process_groups::ProcessGroups;
use crate::program::user::ProgramUser;

/// A program as a function.
#[derive(Debug)]
pub(crate) enum ProgramRunner {
    Started(ProgramFunction),
    Kept(KeptProgram),
}

impl ProgramRunner {
    /// Returns the function that the flags describe, with a guard for its processes. With
    /// `has_warm_up` the first call of a kept process has the time limit twice; with `keeps_errors`
    /// answers come with the error output.
    ///
    /// # Errors
    ///
    /// The flags don't go with the program, or with each other.
    pub(crate) fn new(
        program: CommandTemplate,
        user: Option<ProgramUser>,
        flags: &ProgramFlags,
        time: Duration,
        has_warm_up: bool,
        keeps_errors: bool,
    ) -> Result<Self, Failure> {
        let mut limits = flags.limits(time);
        let mut keep = flags.keep()?;
        if keeps_errors {
            limits.error_bytes = REQUESTED_BYTES;
            if let Some(keep) = &mut keep {
                keep.keeps_errors = true;
            }
        }
        let groups = || Arc::new(ProcessGroups::guarded());
        Ok(match keep {
            None => ProgramRunner::Started(ProgramFunction {
                program,
                user,
                limits,
                result: flags.result_type(),
                groups: groups(),
            }),
            Some(options) => ProgramRunner::Kept(KeptProgram::new(
                program,
                user,
                options,
                limits,
                has_warm_up,
                groups(),
            )?),
        })
    }

    /// Calls the function. `name` is its name, for the log.
    ///
    /// # Errors
    ///
    /// The program gives no result.
    pub(crate) fn call(
        &self,
        name: &str,
        call: CallInput,
        is_cancelled: impl Fn() -> bool,
    ) -> Result<ProgramAnswer, ProgramFailure> {
        match self {
            ProgramRunner::Kept(program) => program.call(name, call.arguments, is_cancelled),
            ProgramRunner::Started(function) => function.call(name, call, is_cancelled),
        }
    }

    /// Returns the command of a call, and its standard input, as a shell reads them.
    ///
    /// # Errors
    ///
    /// The program can't take the arguments.
    pub(crate) fn describe(&self, call: CallInput) -> Result<String, Fault> {
        match self {
            ProgramRunner::Started(function) => function.program.describe(call),
            ProgramRunner::Kept(program) => program.describe(call.arguments),
        }
    }

    /// Returns the longest time of a call, if the limit of a call is `time`.
    pub(crate) fn longest_call(&self, time: Duration) -> Duration {
        match self {
            ProgramRunner::Started(_) => time,
            // A first call may have to wait for the warm-up.
            ProgramRunner::Kept(_) => time.saturating_mul(2),
        }
    }

    /// Starts the processes that are kept, for so many calls at a time.
    pub(crate) fn start_ahead(&self, slots: usize) {
        match self {
            ProgramRunner::Started(_) => {}
            ProgramRunner::Kept(program) => program.start_ahead(slots),
        }
    }

    /// Checks that the program can have columns with these names.
    ///
    /// # Errors
    ///
    /// A column that it names is not there, or it is kept and reads no columns.
    pub(crate) fn check_columns(&self, names: Option<&[String]>) -> Result<(), Failure> {
        match (self, names) {
            (ProgramRunner::Started(function), Some(names)) => {
                function.program.check_columns(names)
            }
            (ProgramRunner::Started(_), None) => Ok(()),
            (ProgramRunner::Kept(program), _) => program.check_columns(),
        }
    }

    /// Returns whether the function takes any number of arguments. Those of a program that is
    /// started are counted for each call.
    pub(crate) fn takes_all_arguments(&self) -> bool {
        match self {
            ProgramRunner::Started(function) => {
                function.program.has_columns() || function.program.numbered().is_some()
            }
            ProgramRunner::Kept(program) => program.takes_all_arguments(),
        }
    }

    /// Ends all processes, and waits until they have ended. Those that are kept and idle have the
    /// grace to end by themselves, or `most` if that is less.
    pub(crate) fn end(&self, most: Option<Duration>) {
        if let ProgramRunner::Kept(program) = self {
            program.close(most);
        }
        self.groups().end();
    }

    /// Kills all processes, for a process that ends at once.
    pub(crate) fn kill(&self) {
        self.groups().kill();
    }

    /// Returns whether a process is there.
    pub(crate) fn is_at_work(&self) -> bool {
        !self.groups().is_empty()
    }

    fn groups(&self) -> &Arc<ProcessGroups> {
        match self {
            ProgramRunner::Started(function) => &function.groups,
            ProgramRunner::Kept(program) => program.groups(),
        }
    }

    /// Returns how many arguments the function takes. `None` if they are columns.
    pub(crate) fn argument_count(&self) -> Option<usize> {
        match self {
            ProgramRunner::Started(function) if function.program.has_columns() => None,
            ProgramRunner::Started(function) => Some(function.program.numbered().unwrap_or(1)),
            ProgramRunner::Kept(_) => Some(1),
        }
    }

    /// Returns the type of the result, as a signature names it. `None` if it may be any.
    pub(crate) fn result_type(&self) -> Option<&'static str> {
        match self {
            ProgramRunner::Started(function) => function.result.signature(),
            ProgramRunner::Kept(program) => program.result_type(),
        }
    }

    /// Returns the help of the function.
    pub(crate) fn help(&self) -> String {
        match self {
            ProgramRunner::Started(function) => function.help(),
            ProgramRunner::Kept(program) => program.help(),
        }
    }
}
