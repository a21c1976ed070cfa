//! The parts of a run that don't end with the process: the programs that it starts on this machine,
//! and its tasks on an engine.

use std::sync::Arc;

use reparte::RunSummary;
#[cfg(feature = "redis")]
use reparte_redis::RedisQueueHandle;

use crate::console::Console;
use crate::exit::Failure;
#[cfg(unix)]
use crate::program::runner::ProgramRunner;
#[cfg(unix)]
use crate::remote::Remover;
use crate::run::result_check::ResultCheck;

/// The programs of a run, and its tasks on an engine.
#[derive(Debug, Clone, Default)]
pub(super) struct Programs {
    pub(super) check: Option<Arc<ResultCheck>>,
    /// The program that does tasks.
    #[cfg(unix)]
    pub(super) local: Option<(Arc<ProgramRunner>, usize)>,
    /// The queue on an engine.
    #[cfg(feature = "redis")]
    pub(super) queue: Option<RedisQueueHandle>,
    /// Removes the files of servers that were started by ssh.
    #[cfg(unix)]
    pub(super) remote: Option<Remover>,
}

impl Programs {
    /// Checks that the program can have columns with these names, if they have some.
    pub(super) fn check_columns(&self, names: Option<&[String]>) -> Result<(), Failure> {
        #[cfg(unix)]
        if let Some((program, _)) = &self.local {
            return program.check_columns(names);
        }
        let _ = names;
        Ok(())
    }

    /// Starts the processes that stay for the whole run, one for each slot.
    pub(super) fn start_ahead(&self) {
        #[cfg(unix)]
        if let Some((program, slots)) = &self.local {
            program.start_ahead(*slots);
        }
    }

    /// Has signals left to the run, which now watches for them.
    pub(super) fn leave_signals(&self) {
        #[cfg(unix)]
        if let Some(remote) = &self.remote {
            remote.end_watch();
        }
    }

    /// Takes back the tasks that no worker of the engine has begun. Returns the number of calls
    /// that end by this.
    pub(super) fn withdraw(&self) -> usize {
        #[cfg(feature = "redis")]
        if let Some(queue) = &self.queue {
            return queue.withdraw();
        }
        0
    }

    /// Returns the error that names the client that has taken the run on an engine from this one.
    pub(super) fn loss(&self) -> Option<String> {
        #[cfg(feature = "redis")]
        if let Some(queue) = &self.queue {
            return queue.loss().map(|error| error.to_string());
        }
        None
    }

    /// Ends the run on an engine. A detached one goes on there if tasks are missing. One whose journal
    /// failed, or whose engine did, keeps the results that are not in the journal.
    pub(super) fn end_run(&self, have_all_ended: bool, summary: &RunSummary, console: &Console) {
        #[cfg(feature = "redis")]
        if let Some(queue) = &self.queue {
            let goes_on = queue.is_detached() && !have_all_ended;
            if goes_on {
                console
                    .tell("the detached run goes on: the same command collects its other results");
            }
            let is_cut_short = queue.is_server_failing() && !have_all_ended;
            match goes_on || is_cut_short || summary.journal_error.is_some() {
                true => queue.leave(),
                false => queue.close(),
            }
        }
        let _ = (have_all_ended, summary, console);
    }

    /// Ends what is left of a run that is over.
    pub(super) fn end(&self) {
        // One whose run has not begun, or a run that has ended: one that is kept is not to be lost.
        #[cfg(feature = "redis")]
        if let Some(queue) = &self.queue {
            queue.leave();
        }
        #[cfg(unix)]
        if let Some((program, _)) = &self.local {
            program.end(None);
        }
    }

    /// Ends the run on the engine, unless it is detached: workers would go on with its tasks for
    /// minutes.
    fn close_queue(&self) {
        #[cfg(feature = "redis")]
        if let Some(queue) = &self.queue {
            match queue.is_detached() {
                true => queue.leave(),
                false => queue.close(),
            }
        }
    }

    /// Kills all processes, since this one ends at once.
    pub(super) fn kill(&self) {
        self.check.iter().for_each(|check| check.kill());
        #[cfg(unix)]
        if let Some((program, _)) = &self.local {
            program.kill();
        }
        self.close_queue();
        #[cfg(unix)]
        if let Some(remote) = &self.remote {
            remote.remove();
        }
    }
}
