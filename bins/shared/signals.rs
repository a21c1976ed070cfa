//! Ctrl-C and SIGTERM.

use super::exit::Failure;

/// Runs `first` at the first SIGINT or SIGTERM, and ends the process at the second, with
/// 128 and the signal's number as its code, as a shell tells it.
#[cfg(unix)]
pub(crate) fn at_signal(first: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
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
            std::process::exit(128 + second);
        }
    });
    Ok(())
}

/// Elsewhere Ctrl-C ends the process as the system does it.
#[cfg(not(unix))]
pub(crate) fn at_signal(_first: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    Ok(())
}
