//! The timer thread: wakes the plan when it is time, and ends the run.

use std::ops::ControlFlow;

use crossbeam_channel::Receiver;

use crate::engine::executor::Executor;
use crate::engine::run::Run;
use crate::error::task::TaskErrorKind;
use crate::events::Event as RunEvent;
use crate::ids::TaskId;

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

impl<A, R> Run<A, R>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    /// Ends all that the run has started, in this order:
    ///
    /// 1. The tasks that it leaves get their outcome.
    /// 2. The journal is closed, so that another run can open it.
    /// 3. The observers get their last event.
    /// 4. The channels to the caller are closed, which wakes whoever waits there.
    /// 5. The slots' threads end. They are waited for, unless a call is in flight: one that
    ///    was cancelled may take as long as it likes.
    fn shut_down(mut self) {
        let mut left: Vec<TaskId> = self.tasks.keys().copied().collect();
        left.sort_unstable();
        for task in left {
            self.fail_task(task, TaskErrorKind::NotRun);
        }
        if let Err(error) = self.acceptance.finish() {
            self.summary.lock().journal_error.get_or_insert(error);
        }
        self.observe(|| RunEvent::RunEnded);
        let idle = self.plan.in_flight() == 0;
        drop((self.outcomes, self.room));
        let threads: Vec<_> = self
            .servers
            .into_iter()
            .flat_map(|server| server.close())
            .collect();
        if idle {
            for thread in threads {
                // A slot catches the panics of its calls.
                let _ = thread.join();
            }
        }
    }
}
