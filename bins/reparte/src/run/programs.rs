//! The programs that a run starts on this machine: its own one, and those of `--verify`.

use std::sync::Arc;

#[cfg(unix)]
use crate::program::runner::ProgramRunner;
use crate::run::result_check::ResultCheck;

/// The programs of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Programs {
    pub(super) check: Option<Arc<ResultCheck>>,
    /// The program that does tasks.
    #[cfg(unix)]
    pub(super) local: Option<(Arc<ProgramRunner>, usize)>,
}

impl Programs {
    /// Starts the processes that stay for the whole run, one for each slot.
    pub(super) fn start_ahead(&self) {
        #[cfg(unix)]
        if let Some((program, slots)) = &self.local {
            program.start_ahead(*slots);
        }
    }

    /// Ends the processes of a run that is over.
    pub(super) fn end(&self) {
        #[cfg(unix)]
        if let Some((program, _)) = &self.local {
            program.end(None);
        }
    }

    /// Kills all processes, since this one ends at once.
    pub(super) fn kill(&self) {
        self.check.iter().for_each(|check| check.kill());
        #[cfg(unix)]
        if let Some((program, _)) = &self.local {
            program.kill();
        }
    }
}
