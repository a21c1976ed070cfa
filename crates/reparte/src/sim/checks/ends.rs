//! The checks of a task that ends, and of the run's end.

use crate::error::call::ErrorKind;
use crate::ids::TaskId;
use crate::plan::action::{RunEnd, TaskFailure};
use crate::sim::checks::Checks;
use crate::sim::checks::server_record::State;

impl Checks {
    /// Checks and records a failure: its reason is the true one.
    pub(super) fn task_fails(&mut self, task: TaskId, reason: TaskFailure) {
        match reason {
            TaskFailure::Cancelled => assert_eq!(self.cancelled, Some(task)),
            TaskFailure::GivenUp => assert!(self.open[&task].attempts >= self.max_attempts),
            TaskFailure::Poison => assert!(self.open[&task].breaks >= 3),
            TaskFailure::Permanent => {
                if let Some((_, Err(ErrorKind::Fault { code }))) = self.returned
                    && self.retry_faults.contain(code)
                {
                    assert!(self.open[&task].attempts >= self.max_attempts);
                }
                let permanent = matches!(
                    self.returned,
                    Some((of, Err(ErrorKind::Fault { .. } | ErrorKind::Unsendable))) if of == task
                );
                assert!(permanent, "task {task} fails by {:?}", self.returned);
            }
        }
        self.task_ends(task);
    }

    /// Checks and records the end of a task: it has not ended before.
    pub(super) fn task_ends(&mut self, task: TaskId) {
        assert!(self.open.remove(&task).is_some());
        assert!(self.ended.insert(task), "task {task} ends twice");
    }

    /// Checks the end of the run: its reason is the true one, and no call is in
    /// flight that is not cancelled.
    pub(super) fn run_ends(&self, end: RunEnd) {
        let wanted = self.running.values().any(|(task, _)| task.is_some());
        assert!(!wanted, "{end:?} with calls in flight");
        let any_in = |state| self.servers.iter().any(|record| record.state == state);
        let lack = matches!(end, RunEnd::Outage { .. } | RunEnd::NoServers);
        assert!(!(lack && any_in(State::Reserve)), "the reserve is not used");
        match end {
            RunEnd::Completed => assert!(self.input_closed && self.open.is_empty()),
            RunEnd::Outage { after } => {
                assert!(!any_in(State::Up) && self.outage == Some(after));
            }
            RunEnd::NoServers => {
                let mut servers = self.servers.iter();
                assert!(servers.all(|record| record.state == State::Out));
            }
            RunEnd::Halted => panic!("no task may halt it"),
            RunEnd::Drained => assert!(self.draining),
            RunEnd::Abandoned => panic!("nobody abandoned it"),
            RunEnd::JournalFailed => assert!(self.journal_failed),
        }
    }
}
