//! The console: standard error, shared by messages and the line of a run's progress.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};

use cli_support::output::eprint;
use indicatif::{MultiProgress, ProgressBar};

/// Standard error. Lines are printed above the progress of a run. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Console {
    bars: MultiProgress,
}

impl Console {
    /// Prints a line on standard error. Waits for nobody.
    pub(crate) fn tell(&self, line: impl Display) {
        eprint(line);
    }

    /// Writes to the terminal while the progress is taken away.
    pub(crate) fn beside_progress<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bars.suspend(write)
    }

    /// Adds a progress bar.
    pub(crate) fn bar(&self, bar: ProgressBar) -> ProgressBar {
        self.bars.add(bar)
    }
}

/// The writer of diagnostics writes here. No other thread may: standard error may take nothing.
impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut out = io::stderr();
        match out.is_terminal() {
            true => self.beside_progress(|| out.write(bytes)),
            // There is no progress bar elsewhere. Its lock is not held while this may wait.
            false => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
