//! Ctrl-C (SIGINT) and SIGTERM.

use std::error::Error;
use std::time::Duration;
use std::{fmt, io};

use crate::output::eprint;

/// The signals can't be watched.
#[derive(Debug)]
pub struct SignalError(io::Error);

impl fmt::Display for SignalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "can't watch for signals: {}", self.0)
    }
}

impl Error for SignalError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// Stops a server in good order: at the first signal says that running calls have `grace`
/// to finish, and runs `stop`. At the second runs `last` and ends the process, as
/// [`at_signal`] does.
///
/// # Errors
///
/// The signals can't be watched.
pub fn stop_at_signal(
    grace: Duration,
    stop: impl FnOnce() + Send + 'static,
    last: impl FnOnce() + Send + 'static,
) -> Result<(), SignalError> {
    let first = move || {
        let seconds = grace.as_secs_f64();
        eprint(format_args!(
            "stopping: running calls have {seconds} s; once more to end at once"
        ));
        stop();
    };
    at_signal(first, last)
}

/// Runs `first` at the first SIGINT or SIGTERM. At the second, runs `last` and ends the
/// process with 128 plus the signal's number as its exit code, the code that a shell reports.
///
/// # Errors
///
/// The signals can't be watched.
#[cfg(unix)]
pub fn at_signal(
    first: impl FnOnce() + Send + 'static,
    last: impl FnOnce() + Send + 'static,
) -> Result<(), SignalError> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(SignalError)?;
    // The handlers stay installed, and the thread waits, until the process ends: after the
    // first signal nothing but the second one has to reach it.
    std::thread::spawn(move || {
        let mut signals = signals.forever();
        if signals.next().is_some() {
            first();
        }
        if let Some(second) = signals.next() {
            last();
            std::process::exit(128 + second);
        }
    });
    Ok(())
}

/// Does nothing: on this system Ctrl-C ends the process.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub fn at_signal(
    _first: impl FnOnce() + Send + 'static,
    _last: impl FnOnce() + Send + 'static,
) -> Result<(), SignalError> {
    Ok(())
}
