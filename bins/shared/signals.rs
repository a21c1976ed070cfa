//! Ctrl-C and SIGTERM.

use super::exit::Failure;

/// Runs `first` at the first SIGINT or SIGTERM. At the second, runs `last` and ends the
/// process, with 128 and the signal's number as its code, as a shell tells it.
///
/// # Errors
///
/// [`Failure::Server`] where signals can't be had.
#[cfg(unix)]
pub fn at_signal(
    first: impl FnOnce() + Send + 'static,
    last: impl FnOnce() + Send + 'static,
) -> Result<(), Failure> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|error| Failure::Server(format!("can't watch for signals: {error}")))?;
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

/// Elsewhere Ctrl-C ends the process as the system does it.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub fn at_signal(
    _first: impl FnOnce() + Send + 'static,
    _last: impl FnOnce() + Send + 'static,
) -> Result<(), Failure> {
    Ok(())
}
