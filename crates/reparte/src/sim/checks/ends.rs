//! The checks of a task that ends, and of the run's end.

use crate::error::call::ErrorKind;
use crate::ids::{ServerId, TaskId};
use crate::options::Halt;
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
            TaskFailure::Permanent => self.check_permanent(task),
        }
        match reason {
            TaskFailure::Cancelled => self.cancellations += 1,
            _ => self.failed += 1,
        }
        self.task_ends(task);
    }

    /// A task fails by its own failure if it can't be sent, or by a contested one. A
    /// fault is enough, unless the options have it tried again. Any other must have
    /// come twice.
    fn check_permanent(&self, task: TaskId) {
        let own = [
            ErrorKind::Unsendable,
            ErrorKind::Unchecked,
            ErrorKind::GivenUp,
        ];
        if own
            .map(|kind| Some((task, Err(kind))))
            .contains(&self.returned)
        {
            return;
        }
        let record = &self.open[&task];
        let exhausted = record.attempts >= self.max_attempts;
        let mut kinds = record.cases.values();
        let any_final = kinds.any(|&kind| match kind {
            ErrorKind::Fault { code } => !self.retry_faults.contain(code),
            _ => true,
        });
        let any_fault = record
            .cases
            .values()
            .any(|&kind| matches!(kind, ErrorKind::Fault { .. } | ErrorKind::Overran));
        assert!(
            exhausted || (any_final && (any_fault || record.contested >= 2)),
            "task {task} fails by {:?}",
            record.cases
        );
    }

    /// Checks and records the end of a task: it has not ended before.
    pub(super) fn task_ends(&mut self, task: TaskId) {
        assert!(self.open.remove(&task).is_some());
        assert!(self.ended.insert(task), "task {task} ends twice");
        let ended = self.ended.len() as u64 - self.cancellations;
        let is_reached = |halt: Halt| halt.is_reached(self.failed, ended);
        self.halted |= self.halt.is_some_and(is_reached);
        self.draining |= self.halted;
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
                let servers = (0..self.servers.len()).map(ServerId::new);
                let mut up = servers.filter(|&server| self.is_in_use(server));
                assert!(up.next().is_none() && self.outage == Some(after));
            }
            RunEnd::NoServers => {
                let mut servers = self.servers.iter();
                assert!(servers.all(|record| record.state == State::Out || record.refused));
            }
            RunEnd::Halted => assert!(self.halted),
            RunEnd::Drained => assert!(self.draining && !self.halted),
            RunEnd::Abandoned => panic!("nobody abandoned it"),
            RunEnd::JournalFailed => assert!(self.journal_failed),
        }
    }
}
