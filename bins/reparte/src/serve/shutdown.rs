//! The shutdown of a server by a signal, or at the time of its end.

use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use cli_support::diagnostics;
use cli_support::output::eprint;
use cli_support::signals::{StopSignal, stop_at_signal};

use crate::exit::Failure;
use crate::program::runner::ProgramRunner;
use crate::serve::time_left;

/// The longest time that running calls have to finish once the terminal is closed: nobody can
/// send a second signal from there.
const HANGUP_GRACE: Duration = Duration::from_secs(2);

/// The time that the last lines of the log have.
const FLUSH_PATIENCE: Duration = Duration::from_millis(100);

/// Watches for signals. The first one runs `stop`, which stops the server: running calls have
/// `grace` to finish, or [`HANGUP_GRACE`] if the terminal was closed, and then their programs are
/// ended. The second one kills the programs and ends the process. A server may have no program.
///
/// At `ends_at`, if there is one, the server is stopped in the same way, though it is no signal:
/// whoever runs the machine may send one at the same time, and that is the first one.
pub(super) fn at_signal(
    program: Option<&Arc<ProgramRunner>>,
    grace: Duration,
    ends_at: Option<SystemTime>,
    stop: impl FnOnce() + Send + 'static,
) -> Result<(), Failure> {
    let stop = Arc::new(Mutex::new(Some(stop)));
    let stop_once = move || {
        let stop = stop.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(stop) = stop {
            stop();
        }
    };
    if let Some(end) = ends_at {
        let stop = stop_once.clone();
        time_left::at(end, move || {
            let seconds = grace.as_secs_f64();
            eprint(format_args!(
                "stopping, since the server's time is over: running calls have {seconds} s"
            ));
            stop();
        })?;
    }
    let program = program.map(Arc::clone);
    let ended = program.clone();
    let first = move |signal| {
        stop_once();
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
