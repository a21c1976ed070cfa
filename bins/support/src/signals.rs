//! The signals that end a program.
//!
//! | signal | comes from | ends the program |
//! | --- | --- | --- |
//! | SIGINT, SIGTERM | Ctrl-C, `kill` | in good order; a second one at once. One that is repeated within 100 ms counts once: `timeout` sends its signal to its program and to the group |
//! | SIGQUIT | Ctrl-\\ | the same, unless it was ignored at the start |
//! | SIGHUP | a terminal that is closed | in good order, unless it was ignored at the start, as by nohup. Others may follow, which change nothing |
//! | SIGXFSZ | a file beyond `ulimit -f` | never: the write fails |
//!
//! Linux says which signals are ignored. Elsewhere SIGHUP and SIGQUIT are left as they are.

use std::error::Error;
use std::time::Duration;
#[cfg(unix)]
use std::time::Instant;
use std::{fmt, io};

#[cfg(unix)]
use crate::diagnostics;
use crate::output::eprint;

/// The time within which the first signal may come once more without a meaning of its own. The
/// second Ctrl-C of a person comes later.
#[cfg(unix)]
const REPEATED: Duration = Duration::from_millis(100);

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

/// The signal that has asked a program to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopSignal {
    /// Somebody asks: Ctrl-C, Ctrl-\, or `kill`.
    Request,
    /// The terminal is closed (SIGHUP), so nobody can ask again from there.
    Hangup,
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
    stop: impl FnOnce(StopSignal) + Send + 'static,
    last: impl FnOnce() + Send + 'static,
) -> Result<(), SignalError> {
    let first = move |signal| {
        let seconds = grace.as_secs_f64();
        eprint(format_args!(
            "stopping: running calls have {seconds} s; once more to end at once"
        ));
        stop(signal);
    };
    at_signal(first, last)
}

/// Runs `first` at the first signal that asks the program to end. At the second that is no
/// SIGHUP, nor the first one repeated within 100 ms, runs `last` and ends the process with
/// 128 plus the signal's number as its exit code, the code that a shell reports.
///
/// # Errors
///
/// The signals can't be watched.
#[cfg(unix)]
pub fn at_signal(
    first: impl FnOnce(StopSignal) + Send + 'static,
    last: impl FnOnce() + Send + 'static,
) -> Result<(), SignalError> {
    use signal_hook::consts::SIGHUP;
    use signal_hook::iterator::Signals;

    let mut signals = Signals::new(watched()).map_err(SignalError)?;
    let start = |name: &str, work: Box<dyn FnOnce() + Send>| {
        let thread = std::thread::Builder::new().name(name.to_owned());
        thread.spawn(work).map(drop).map_err(SignalError)
    };
    // The times are those of the signals, however long `first` takes.
    let (sender, received) = std::sync::mpsc::channel();
    // The handlers stay installed, and the threads wait, until the process ends: after the first
    // signal nothing but the second one has to reach them.
    let watch = move || {
        for signal in signals.forever() {
            // The other thread ends with the process.
            let _ = sender.send((signal, Instant::now()));
        }
    };
    let act = move || {
        let Ok((signal, time)) = received.recv() else {
            return;
        };
        first(match signal {
            SIGHUP => StopSignal::Hangup,
            _ => StopSignal::Request,
        });
        // A terminal that is closed may send several of them.
        let is_second = |&(other, at): &(i32, Instant)| {
            other != SIGHUP && !is_repeated(other == signal, at.saturating_duration_since(time))
        };
        if let Some((second, _)) = received.iter().find(is_second) {
            last();
            diagnostics::flush(Duration::from_millis(100));
            std::process::exit(128 + second);
        }
    };
    start("stop", Box::new(act))?;
    start("signals", Box::new(watch))
}

/// Returns the signals that ask the program to end.
#[cfg(unix)]
fn watched() -> impl Iterator<Item = i32> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

    let ignored = IgnoredSignals::read();
    [SIGHUP, SIGINT, SIGQUIT, SIGTERM]
        .into_iter()
        .filter(move |&signal| matches!(signal, SIGINT | SIGTERM) || ignored.lacks(signal))
}

/// The watch of a program that starts, see [`end_at_signal`]. It goes on when this is dropped.
#[cfg(unix)]
#[derive(Debug)]
pub struct StartWatch {
    signals: signal_hook::iterator::Handle,
    thread: std::thread::JoinHandle<()>,
}

/// Ends the process at the first signal that asks for it, as [`at_signal`] does at the second:
/// for a program that starts, and has to remove what it has made. It first runs `last`.
///
/// # Errors
///
/// The signals can't be watched.
#[cfg(unix)]
pub fn end_at_signal(last: impl FnOnce() + Send + 'static) -> Result<StartWatch, SignalError> {
    use signal_hook::iterator::Signals;

    let mut signals = Signals::new(watched()).map_err(SignalError)?;
    let handle = signals.handle();
    let watch = move || {
        if let Some(signal) = signals.forever().next() {
            last();
            diagnostics::flush(Duration::from_millis(100));
            std::process::exit(128 + signal);
        }
    };
    let thread = std::thread::Builder::new().name("start".to_owned());
    Ok(StartWatch {
        signals: handle,
        thread: thread.spawn(watch).map_err(SignalError)?,
    })
}

#[cfg(unix)]
impl StartWatch {
    /// Ends the watch. Another one has to be there already: without any, a signal is lost.
    pub fn end(self) {
        self.signals.close();
        // It ends by itself now, or ends the process.
        let _ = self.thread.join();
    }
}

/// Returns whether a signal that comes `later` than the first one is a part of it.
#[cfg(unix)]
fn is_repeated(is_of_one_kind: bool, later: Duration) -> bool {
    is_of_one_kind && later < REPEATED
}

/// Does nothing: on this system Ctrl-C ends the process.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub fn at_signal(
    _first: impl FnOnce(StopSignal) + Send + 'static,
    _last: impl FnOnce() + Send + 'static,
) -> Result<(), SignalError> {
    Ok(())
}

/// Makes a file that grows beyond the limit of `ulimit -f` an error of the write. By default
/// SIGXFSZ ends the process there, without a word.
pub(crate) fn survive_file_size_limit() {
    // A handler, and not SIG_IGN, which the programs that this one starts would inherit. If it
    // can't be installed, the limit ends the process, which is the system's own rule.
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
}

/// The signals that the process ignores, as a mask. `None` if the system doesn't say.
#[cfg(unix)]
struct IgnoredSignals(Option<u64>);

#[cfg(unix)]
impl IgnoredSignals {
    fn read() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        IgnoredSignals::parse(&status)
    }

    fn parse(status: &str) -> Self {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        IgnoredSignals(mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()))
    }

    /// Returns whether a signal is known not to be ignored.
    fn lacks(&self, signal: i32) -> bool {
        let Some(mask) = self.0 else { return false };
        signal > 0 && mask.checked_shr(signal.unsigned_abs() - 1).unwrap_or(0) & 1 == 0
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// `timeout` sends its signal to its program, and then to the group of both: the second one
    /// ended a run at once.
    #[test]
    fn a_repeated_signal_is_one() {
        let ms = Duration::from_millis;
        assert!(is_repeated(true, ms(0)) && is_repeated(true, ms(99)));
        assert!(!is_repeated(true, ms(100)) && !is_repeated(false, ms(0)));
    }

    #[test]
    fn ignored_signals_are_read_from_the_mask() {
        // nohup ignores the first signal, SIGHUP; a shell's background job the second and third.
        let ignored = IgnoredSignals::parse("Name:\tx\nSigIgn:\t0000000000000005\nSigCgt:\t0\n");
        let lacks: Vec<bool> = (1..=4).map(|signal| ignored.lacks(signal)).collect();
        assert_eq!(lacks, [false, true, false, true]);
        assert!(!IgnoredSignals::parse("").lacks(1), "nobody has said so");
    }
}
