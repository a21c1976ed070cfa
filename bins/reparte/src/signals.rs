//! Ctrl-C and SIGTERM.

use std::process;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::exit::Failure;

/// Calls `first` at the first signal. The second ends the process at once, after `last`,
/// with 128 and the signal's number as its code.
pub(crate) fn watch(
    first: impl FnOnce() + Send + 'static,
    last: impl FnOnce() + Send + 'static,
) -> Result<(), Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|error| Failure::server(format_args!("can't watch for signals: {error}")))?;
    thread::spawn(move || {
        let mut signals = signals.forever();
        if signals.next().is_some() {
            first();
        }
        if let Some(second) = signals.next() {
            last();
            process::exit(128 + second);
        }
    });
    Ok(())
}
