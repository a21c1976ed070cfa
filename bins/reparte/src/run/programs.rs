//! The programs that a run starts on this machine: its own one, and those of `--verify`.

use std::sync::Arc;

use crate::exit::Failure;
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
