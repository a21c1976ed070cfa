//! Programs that stay: a process is started once, and answers one call after the other.

mod activity;
mod backoff;
mod buffer_check;
mod error_output;
pub(crate) mod framing;
mod kept_process;
pub(crate) mod options;
mod pool;
mod return_to_input;
mod slots;
mod trouble;

use std::sync::Arc;
use std::time::{Duration, Instant};

use untrusted_text::OneLine;
use xmlrpc_wire::{Fault, Value};

use crate::exit::Failure;
use crate::program::answer::ProgramAnswer;
use crate::program::command_template::CommandTemplate;
use crate::program::failure::{BadOutput, Overrun, ProgramFailure};
use crate::program::kept::backoff::EarlyEnd;
use crate::program::kept::framing::{Answer, Framing};
use crate::program::kept::kept_process::KeptProcess;
use crate::program::kept::options::KeepOptions;
use crate::program::kept::pool::{InUse, Pool};
use crate::program::kept::trouble::{GivenUp, Trouble};
use crate::program::limits::Limits;
use crate::program::process::ProcessError;
use crate::program::process_groups::ProcessGroups;
use crate::program::user::ProgramUser;

/// A program whose processes are kept for many calls of a function.
#[derive(Debug)]
pub(crate) struct KeptProgram {
    pool: Arc<Pool>,
    has_warm_up: bool,
}

/// The reason why a process has not answered a call.
enum Unanswered {
    /// The process has read nothing of the task, and is of no use: another one may have it.
    Unread,
    Failure(ProgramFailure),
}

impl KeptProgram {
    /// Returns a program without processes yet. With `has_warm_up` a first call has the time limit
    /// twice.
    ///
    /// # Errors
    ///
    /// The program takes its tasks as arguments.
    pub(crate) fn new(
        program: CommandTemplate,
        user: Option<ProgramUser>,
        options: KeepOptions,
        limits: Limits,
        has_warm_up: bool,
        groups: Arc<ProcessGroups>,
    ) -> Result<Self, Failure> {
        if !program.takes_input() {
            return Err(Failure::argument(
                "--keep: a kept program reads its tasks from standard input, and {} would be one \
                 task for all: leave {} out, or start the program for each call, without --keep",
            ));
        }
        let pool = Pool::new(program, user, options, limits, groups);
        Ok(KeptProgram {
            pool: Arc::new(pool),
            has_warm_up,
        })
    }

    pub(crate) fn groups(&self) -> &Arc<ProcessGroups> {
        &self.pool.groups
    }

    /// Starts a process for each slot.
    pub(crate) fn start_ahead(&self, slots: usize) {
        self.pool.start_ahead(slots);
    }

    /// Ends the processes: those that are idle by closing their standard input.
    pub(crate) fn close(&self, most: Option<Duration>) {
        self.pool.close(most);
    }

    /// Returns whether a task has all arguments of a call, however many.
    pub(crate) fn takes_all_arguments(&self) -> bool {
        self.pool.options.framing == Framing::Json
    }

    /// Checks that a task can have columns.
    ///
    /// # Errors
    ///
    /// It is one text.
    pub(crate) fn check_columns(&self) -> Result<(), Failure> {
        self.pool.options.check_columns()
    }

    /// Returns the command, and a task on its standard input, as a shell reads them.
    ///
    /// # Errors
    ///
    /// The program can't take the arguments.
    pub(crate) fn describe(&self, arguments: Vec<Value>) -> Result<String, Fault> {
        let task = self.pool.options.framing.task(arguments)?;
        Ok(self.pool.program.shown(&[], Some(&task)))
    }

    /// Has a process answer a task. `name` is that of the function, for the log.
    ///
    /// # Errors
    ///
    /// The program can't take the arguments, can't be started, or gives no answer; the answer is a
    /// fault; or the call is cancelled.
    pub(crate) fn call(
        &self,
        name: &str,
        arguments: Vec<Value>,
        is_cancelled: impl Fn() -> bool,
    ) -> Result<ProgramAnswer, ProgramFailure> {
        let KeepOptions {
            framing, result, ..
        } = self.pool.options;
        let task = framing.task(arguments)?;
        loop {
            let process = self.pool.take(&is_cancelled)?;
            match self.ask(name, process, &task, &is_cancelled) {
                Ok((answer, errors)) => {
                    let has_own_reason = matches!(answer, Answer::Fault(_));
                    return match answer.value(result) {
                        Ok(value) => Ok(ProgramAnswer {
                            value,
                            exit_code: None,
                            errors,
                        }),
                        Err(reason) => Err(ProgramFailure::BadOutput(BadOutput {
                            reason,
                            has_own_reason,
                            exit_code: None,
                            errors,
                        })),
                    };
                }
                Err(Unanswered::Unread) => {}
                Err(Unanswered::Failure(failure)) => return Err(failure),
            }
        }
    }

    fn ask(
        &self,
        name: &str,
        mut process: InUse,
        task: &[u8],
        is_cancelled: impl Fn() -> bool,
    ) -> Result<(Answer, String), Unanswered> {
        let (options, limits) = (self.pool.options, self.pool.limits);
        process.get().begin(task);
        let deadline = self.deadline(process.get());
        let given_up = || match is_cancelled() {
            true => Some(GivenUp::Cancelled),
            false => self.pool.groups.is_closed().then_some(GivenUp::Stopped),
        };
        let bytes = limits.output_bytes;
        let result = process
            .get()
            .advance(options.framing, bytes, deadline, given_up);
        let trouble = match result {
            Ok(answer) => {
                let errors = match options.keeps_errors {
                    true => process.get().error_text(),
                    false => String::new(),
                };
                process.give_back();
                return Ok((answer, errors));
            }
            Err(trouble) => trouble,
        };
        let failure = match trouble {
            Trouble::GivenUp(GivenUp::Cancelled) => {
                process.finish();
                ProcessError::Cancelled.into()
            }
            Trouble::GivenUp(GivenUp::Stopped) => {
                process.end(&trouble);
                ProgramFailure::Stopped
            }
            Trouble::TimeLimit => {
                let overrun = Overrun {
                    time: limits.time,
                    errors: process.get().error_text(),
                    has_never_answered: process.get().answers == 0,
                };
                process.end(&trouble);
                ProgramFailure::TimeLimit(overrun)
            }
            Trouble::Died => return Err(self.died(name, process)),
            Trouble::Closed(_) | Trouble::Nonsense(_) if !process.get().has_read() => {
                process.replace(&trouble);
                return Err(Unanswered::Unread);
            }
            Trouble::Closed(_)
            | Trouble::Nonsense(_)
            | Trouble::OutputLimit(_)
            | Trouble::System(_) => {
                let reason = process.end(&trouble);
                log::warn!("{name}: {}", OneLine::new(&reason));
                ProgramFailure::Call(Fault::application(reason))
            }
        };
        Err(Unanswered::Failure(failure))
    }

    /// Returns the failure of a call in which its process has died.
    fn died(&self, name: &str, mut process: InUse) -> Unanswered {
        let (is_new, has_read) = (process.get().answers == 0, process.get().has_read());
        let Some((status, errors)) = process.bury() else {
            let text = "the program ended, and the system does not tell how";
            return Unanswered::Failure(Fault::application(text).into());
        };
        let failure = ProgramFailure::Failed(status, errors);
        match (is_new, has_read) {
            (true, false) => {
                let reason = format!("before it had read a task, {failure}");
                self.pool.note_early_end(EarlyEnd::Unread, &reason);
            }
            (true, true) => {
                let reason = format!("in its first call, {failure}");
                self.pool.note_early_end(EarlyEnd::WithTask, &reason);
            }
            (false, false) => log::warn!(
                "{name}: between two calls, {}; it is started again",
                OneLine::new(&failure.to_string())
            ),
            (false, true) => {}
        }
        match has_read {
            true => Unanswered::Failure(failure),
            false => Unanswered::Unread,
        }
    }

    /// Returns the time at which a call that begins now is late. A process that has answered
    /// nothing yet may be warming up, for as long as a call.
    fn deadline(&self, process: &KeptProcess) -> Option<Instant> {
        let (now, time) = (Instant::now(), self.pool.limits.time);
        let begins = match self.has_warm_up && process.answers == 0 {
            true => process.started.checked_add(time)?.max(now),
            false => now,
        };
        begins.checked_add(time)
    }

    /// Returns the type of the result, as a signature names it. `None` if it may be any.
    pub(crate) fn result_type(&self) -> Option<&'static str> {
        match self.pool.options {
            KeepOptions {
                framing: Framing::Json,
                ..
            } => None,
            KeepOptions { result, .. } => result.signature(),
        }
    }

    /// Returns the help of the function.
    pub(crate) fn help(&self) -> String {
        let Limits {
            time, output_bytes, ..
        } = self.pool.limits;
        let (argument, result) = match self.pool.options.framing {
            Framing::Lines => ("the argument as a line", "the line that it answers"),
            Framing::Json => ("the arguments as JSON", "the value that it answers"),
            Framing::Length => ("the argument's bytes", "the bytes that it answers"),
        };
        format!(
            "Hands {argument} to {}, which stays for many calls, and gives {result}, \
             {output_bytes} bytes at most, within {} s.",
            self.pool.program,
            time.as_secs_f64()
        )
    }
}
