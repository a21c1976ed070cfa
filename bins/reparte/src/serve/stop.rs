//! Ctrl-C and SIGTERM.

use std::process;
use std::sync::Arc;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use xmlrpc_server::Stop;

use super::children::Children;
use crate::exit::Failure;
use crate::output::tell;

/// What ends the server at the first signal. The second ends the process, and its
/// children, at once, with 128 and the signal's number as its code.
pub(super) fn at_signal(children: &Arc<Children>) -> Result<Stop, Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|error| Failure::server(format_args!("can't watch for signals: {error}")))?;
    let (stop, children) = (Stop::new(), Arc::clone(children));
    let stopped = stop.clone();
    thread::spawn(move || {
        let mut signals = signals.forever();
        if signals.next().is_some() {
            tell("stopping: running calls have 10 s; once more to end at once");
            stopped.stop();
        }
        if let Some(second) = signals.next() {
            children.kill();
            process::exit(128 + second);
        }
    });
    Ok(stop)
}
