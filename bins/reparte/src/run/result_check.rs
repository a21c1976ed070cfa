//! The check of `--verify`: a program that sees each result before it counts.
//!
//! It is started once for each result. Its standard input is the task's line, a line end, the
//! result as `--output text` prints it, and a line end.
//!
//! | the program | the result |
//! | --- | --- |
//! | ends with code 0 | is right |
//! | ends with another code | is wrong, which counts against its server |
//! | can't be started, ends with code 126 or 127, or by a signal | is checked again, for some seconds; then the run ends |
//!
//! The last row is the fault of nobody but the check: 126 and 127 are the codes with which a
//! shell says that it can't start a program.

use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use reparte::{Call, CallError, ErrorKind};

use crate::run::check_process::{CheckEnd, CheckPrograms};
use crate::run::dispatcher::RunHandle;

/// The time for which a check that gives no verdict is tried again.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause before it is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// The check of a run's results.
pub(super) struct ResultCheck {
    program: PathBuf,
    /// The executions of the program.
    programs: CheckPrograms,
    /// The run that ends if the check can't be made. Set before the first call.
    run: OnceLock<RunHandle>,
    /// The reason why the check can't be made. Once it is set, no result is accepted.
    failure: OnceLock<String>,
}

/// The verdict of one execution on a result.
enum Verdict {
    Right,
    Wrong(String),
    /// Nothing, for this reason.
    None(String),
    /// Nobody waits for it any more.
    Cancelled,
}

impl ResultCheck {
    pub(super) fn new(program: PathBuf) -> Self {
        ResultCheck {
            program,
            programs: CheckPrograms::guarded(),
            run: OnceLock::new(),
            failure: OnceLock::new(),
        }
    }

    /// Sets the run that ends if the check can't be made.
    pub(super) fn set_run(&self, run: &RunHandle) {
        // It is set once.
        let _ = self.run.set(run.clone());
    }

    /// Returns why the check can't be made, if that ended the run.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    /// Kills the executions of the program, for a process that ends at once.
    pub(super) fn kill(&self) {
        self.programs.kill();
    }

    /// Checks the result of a task, given as its line and the text of its result.
    ///
    /// # Errors
    ///
    /// The result is wrong, or it can't be checked, which ends the run.
    pub(super) fn check(&self, line: &str, result: &str, call: &Call) -> Result<(), CallError> {
        let began = Instant::now();
        loop {
            if let Some(failure) = self.failure() {
                return Err(CallError::new(ErrorKind::Unchecked, failure));
            }
            match self.verdict(line, result, call) {
                Verdict::Right => return Ok(()),
                Verdict::Wrong(why) => return Err(CallError::new(ErrorKind::Wrong, why)),
                Verdict::Cancelled => {
                    let why = "cancelled while its result was checked";
                    return Err(CallError::new(ErrorKind::Cancelled, why));
                }
                Verdict::None(why) if began.elapsed() >= PATIENCE => self.fail(why),
                Verdict::None(why) => {
                    log::debug!("{why}");
                    thread::sleep(PAUSE);
                }
            }
        }
    }

    fn verdict(&self, line: &str, result: &str, call: &Call) -> Verdict {
        let input = format!("{line}\n{result}\n").into_bytes();
        let programs = &self.programs;
        match programs.execute(&self.program, input, || call.is_cancelled()) {
            Ok(Some(end)) => self.read(&end),
            Ok(None) => Verdict::Cancelled,
            Err(error) => Verdict::None(format!("{} can't be started: {error}", self.name())),
        }
    }

    fn read(&self, end: &CheckEnd) -> Verdict {
        let CheckEnd {
            status,
            error_output,
        } = end;
        let told = match error_output.is_empty() {
            true => String::new(),
            false => format!(": {error_output}"),
        };
        match status.code() {
            Some(0) => Verdict::Right,
            Some(126 | 127) | None => {
                Verdict::None(format!("{} gave no verdict ({status}){told}", self.name()))
            }
            Some(_) => Verdict::Wrong(format!("{} rejects it ({status}){told}", self.name())),
        }
    }

    fn name(&self) -> impl fmt::Display {
        format!("--verify {}", self.program.display())
    }

    /// Ends the run, since no result can be checked any more.
    fn fail(&self, why: String) {
        // The first reason stays.
        let _ = self.failure.set(why);
        if let Some(run) = self.run.get() {
            run.drain();
        }
    }
}

impl fmt::Debug for ResultCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultCheck")
            .field("program", &self.program)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
