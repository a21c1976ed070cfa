//! How a run ends: by itself, by a signal, or for lack of servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use cli_support::signals::at_signal;
use reparte::RunSummary;

use super::feeder::{FeedStop, Feeder};
use super::{InputProgress, Steering};
use crate::console::Console;
use crate::exit::Failure;

/// Watches for what ends a run early.
#[derive(Debug)]
pub(super) struct Ending {
    interrupted: Arc<AtomicBool>,
    keeps_journal: bool,
}

impl Ending {
    /// The first signal ends the run, once its calls have ended; the second the process.
    pub(super) fn at_signal(
        run: &Steering,
        console: &Console,
        keeps_journal: bool,
    ) -> Result<Self, Failure> {
        let interrupted = Arc::new(AtomicBool::new(false));
        let (run, console) = (run.clone(), console.clone());
        let noted = Arc::clone(&interrupted);
        let first = move || {
            noted.store(true, SeqCst);
            // Before it is told of: what is started in between would be waited for too.
            run.drain();
            let running: usize = run.summary().servers.iter().map(|s| s.running).sum();
            console.tell(format_args!(
                "stopping: no more calls are made, and the {running} that run are waited for; \
                 once more to end at once"
            ));
        };
        at_signal(first, || {})?;
        Ok(Ending {
            interrupted,
            keeps_journal,
        })
    }

    /// What is to be said of a run that has ended, if not all is well.
    pub(super) fn verdict(
        &self,
        sending: &Feeder,
        facts: &InputProgress,
        account: &RunSummary,
    ) -> Result<(), Failure> {
        let (done, tasks) = (account.done, account.tasks);
        let had = format!("{done} of {tasks} tasks have their result");
        if let Some(error) = &account.journal_error {
            return Err(Failure::Journal(format!("{had}; --journal: {error}")));
        }
        let over = matches!(sending.stopped(), Some(FeedStop::Over));
        let cut_short = account.not_run > 0 || over;
        let rest = match facts.all_read() {
            true => "",
            false => ", and more were to come",
        };
        let failed = match account.failed {
            0 => String::new(),
            failed => format!("; {failed} failed"),
        };
        if self.interrupted.load(SeqCst) && (cut_short || !facts.all_read()) {
            return Err(Failure::Interrupted(format!(
                "ended by a signal: {had}{rest}{failed}; {}",
                self.remedy()
            )));
        }
        if cut_short {
            return Err(Failure::Unreachable(format!(
                "{}: {had}{rest}{failed}; see `reparte status`; {}",
                account.end_reason(),
                self.remedy()
            )));
        }
        if let Some(FeedStop::Input(error)) = sending.stopped() {
            return Err(Failure::argument(format_args!(
                "the tasks can't be read any further ({error}): {had}{failed}"
            )));
        }
        match account.failed {
            // Each has its result, and none is left to be read.
            0 if facts.all_read() => Ok(()),
            0 => Err(Failure::argument(format_args!(
                "the tasks were not read to their end: {had}"
            ))),
            failed => Err(Failure::Fault(format!("{failed} of {tasks} tasks failed"))),
        }
    }

    fn remedy(&self) -> &'static str {
        match self.keeps_journal {
            true => "the same command goes on where it was",
            false => "with --journal FILE, the same command would go on where it was",
        }
    }
}
