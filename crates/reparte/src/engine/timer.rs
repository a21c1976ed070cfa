//! The timer thread: wakes the plan when it is time, and shuts the run down.

use std::ops::ControlFlow;

use crossbeam_channel::Receiver;

use crate::engine::executor::Executor;

/// Runs the timer until the run ends, then shuts it down. A message in `changed` says that
/// there is an earlier time, or that the run has ended.
pub(super) fn run_timer<A, R>(executor: &Executor<A, R>, changed: &Receiver<()>)
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    while let ControlFlow::Continue(wake_at) = executor.fire_timer() {
        // `fire_timer` finds out whether this was a message or the time.
        let _ = match wake_at {
            Some(at) => changed.recv_deadline(at).ok(),
            None => changed.recv().ok(),
        };
    }
    if let Some(run) = executor.take_run() {
        run.shut_down();
    }
}
