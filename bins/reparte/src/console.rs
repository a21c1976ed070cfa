//! Standard error, with a line on it that shows how far a run is.

use std::fmt::Display;
use std::io::{self, Write};

use cli_support::output::tell;
use indicatif::{MultiProgress, ProgressBar};

/// Where lines are told so that the progress of a run stays below them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Console {
    bars: MultiProgress,
}

impl Console {
    /// Prints a line on standard error.
    pub(crate) fn tell(&self, line: impl Display) {
        self.beside_progress(|| tell(line));
    }

    /// Writes to the terminal, while the progress is not there.
    pub(crate) fn beside_progress<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bars.suspend(write)
    }

    /// Shows a bar on it.
    pub(crate) fn bar(&self, bar: ProgressBar) -> ProgressBar {
        self.bars.add(bar)
    }
}

/// For the log.
impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.beside_progress(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
