//! The shutdown of a run, in the reverse order of its start.

use crate::engine::run::Run;
use crate::error::task::TaskErrorKind;
use crate::events::Event as RunEvent;
use crate::ids::TaskId;

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
    pub(super) fn shut_down(mut self) {
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
