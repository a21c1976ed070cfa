//! The shutdown of a server by a signal.

use std::process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cli_support::diagnostics;
use cli_support::signals::{StopSignal, stop_at_signal};

use crate::exit::Failure;
use crate::program::runner::ProgramRunner;

/// The longest time that running calls have to finish once the terminal is closed: nobody can
/// send a second signal from there.
const HANGUP_GRACE: Duration = Duration::from_secs(2);

/// The time that the last lines of the log have.
const FLUSH_PATIENCE: Duration = Duration::from_millis(100);

/// Watches for signals. The first one runs `stop`, which stops the server: running calls have
/// `grace` to finish, or [`HANGUP_GRACE`] if the terminal was closed, and then their programs are
/// ended. The second one kills the programs and ends the process. A server may have no program.
pub(super) fn at_signal(
    program: Option<&Arc<ProgramRunner>>,
    grace: Duration,
    stop: impl FnOnce() + Send + 'static,
) -> Result<(), Failure> {
    let program = program.map(Arc::clone);
    let ended = program.clone();
    let first = move |signal| {
        stop();
        if signal == StopSignal::Hangup {
            // Its own thread, since this one waits for the second signal.
            let end = move || {
                thread::sleep(grace.min(HANGUP_GRACE));
                if let Some(program) = ended {
                    program.end(Some(HANGUP_GRACE));
                }
                // The calls of those programs have no answer. Their clients are not to wait for
                // the rest of the grace.
                diagnostics::flush(FLUSH_PATIENCE);
                process::exit(0);
            };
            if let Err(error) = thread::Builder::new().spawn(end) {
                log::error!("can't start a thread: {error}; running calls have the whole grace");
            }
        }
    };
    let kill = move || {
        if let Some(program) = program {
            program.kill();
        }
    };
    Ok(stop_at_signal(grace, first, kill)?)
}
