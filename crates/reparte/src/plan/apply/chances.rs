//! The further chances of tasks that servers have failed: their retries, the second
//! chances of those that nobody else can check, and those after a gap.

use crate::ids::{ServerId, TaskId};
use crate::plan::Plan;
use crate::plan::cases::{self, Case, Judgement};
use crate::plan::retries::RetryDecision;
use crate::plan::tasks::Queue;

impl Plan {
    /// Decides anew on the tasks that wait for a server that can't come any more.
    pub(in crate::plan) fn recheck_waiting(&mut self) {
        if !std::mem::take(&mut self.recheck) {
            return;
        }
        let waiting = self
            .tasks
            .strict_retries()
            .chain(self.tasks.strict_delayed());
        let waiting: Vec<TaskId> = waiting.collect();
        for task in waiting {
            if !self.any_other_can_come(task) {
                self.judge_alone(task);
            }
        }
    }

    fn judge_alone(&mut self, task: TaskId) {
        let Some(&last) = self.cases.of(task).last() else {
            return;
        };
        let is_retried = self.is_retried(last.kind) && self.may_be_retried(task, last.kind);
        let judgement = match is_retried && !self.has_final_fault(task) {
            true => Judgement::Again,
            false => {
                let may_be_useless =
                    self.standing.is_suspected(last.server) || cases::is_by_proxy(last.kind);
                let is_useless = may_be_useless && !self.has_answered_since(task);
                let is_final = cases::is_fault(last.kind) && !is_retried;
                let has_fault = self.has_final_fault(task) || is_final;
                self.cases.judge_alone(task, has_fault, is_useless)
            }
        };
        match judgement {
            // Its retry is paid for already, or waits for that.
            Judgement::Again => self.tasks.relax(task),
            judgement => self.apply_judgement(task, last.server, judgement, false),
        }
    }

    /// Gives the parked tasks their second chance, if it has come.
    pub(in crate::plan) fn give_second_chances(&mut self) {
        let none_waits = self.may_start() == 0 && self.tasks.parked().next().is_some();
        let only_parked = none_waits && self.calls.awaited() == 0;
        // The slot of a server that is due for a trial counts too.
        let any_idle = none_waits && self.placement.any_ready();
        let idle = self.parking.observe(only_parked, any_idle, self.now);
        let (arrived, came) = self.parking.take_arrivals();
        let is_due = |&task: &TaskId| {
            let last = self.cases.of(task).last();
            idle || last.is_none_or(|case| arrived >= Some(case.next_call))
                || came.iter().any(|&server| !self.cases.has(task, server))
        };
        let due: Vec<TaskId> = match idle || arrived.is_some() {
            true => self.tasks.parked().filter(is_due).collect(),
            false => Vec::new(),
        };
        for task in due {
            let last = self.cases.of(task).last();
            let may_have_run = last.is_none_or(|case| case.kind.may_have_run());
            let paid = may_have_run && self.good_server_for(task).is_none();
            self.retry_case(task, paid);
        }
    }

    pub(in crate::plan) fn retry_case(&mut self, task: TaskId, paid: bool) {
        match self.retries.retry(paid, self.suspects.suspicion(task)) {
            RetryDecision::Delay => self.tasks.requeue(task, Queue::DelayedCase),
            decision => self.requeue(task, decision),
        }
    }

    /// Returns whether a server has failed a task as a proxy does whose server is away,
    /// once, and has worked since: it is asked again.
    pub(in crate::plan) fn was_in_gap(&self, case: &Case) -> bool {
        cases::is_by_proxy(case.kind) && case.failures == 1 && self.works_since(case)
    }

    /// Has a task go back to servers that failed it in a gap.
    pub(in crate::plan) fn relax_after_gaps(&mut self, task: TaskId) {
        let cases = self.cases.of(task).iter();
        let in_gap = cases.filter(|case| self.was_in_gap(case));
        let servers: Vec<ServerId> = in_gap.map(|case| case.server).collect();
        for server in servers {
            self.tasks.relax_server(task, server);
        }
    }
}
