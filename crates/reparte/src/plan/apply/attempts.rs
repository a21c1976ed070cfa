//! The attempts of a task that count after a contested failure.

use crate::error::call::ErrorKind;
use crate::ids::TaskId;
use crate::plan::Plan;
use crate::plan::cases::Case;
use crate::plan::retries::Attempts;

impl Plan {
    /// Returns whether the options have such a failure tried again.
    pub(in crate::plan) fn is_retried(&self, kind: ErrorKind) -> bool {
        match kind {
            ErrorKind::Fault { code } => self.options.retry_faults.contain(code),
            ErrorKind::Overran => self.options.retry_time_outs,
            _ => false,
        }
    }

    /// Returns whether the options have a fault like this tried again.
    pub(in crate::plan) fn is_retried_fault(&self, kind: ErrorKind) -> bool {
        matches!(kind, ErrorKind::Fault { .. }) && self.is_retried(kind)
    }

    /// Returns whether a task may be tried again that has failed in a way that is tried
    /// again. Each such failure counts, except on suspected servers: there none counts while
    /// another server can come, and then all but the first.
    pub(in crate::plan) fn may_be_retried(&self, task: TaskId, kind: ErrorKind) -> bool {
        let uncounted = match self.any_other_can_come(task) {
            true => self.uncounted_attempts(task, |case| !self.is_retried(case.kind)),
            false => {
                let cases = self.cases.of(task).iter();
                let spared = cases.filter(|case| {
                    self.standing.is_suspected(case.server) || !self.is_retried(case.kind)
                });
                let first = spared.map(|case| case.attempts.first());
                first.fold(Attempts::default(), Attempts::plus)
            }
        };
        self.has_attempts_beside(task, kind, uncounted)
    }

    /// Returns whether a task that has failed in this way may be checked or tried again.
    pub(in crate::plan) fn has_attempts(&self, task: TaskId, kind: ErrorKind) -> bool {
        self.has_attempts_beside(task, kind, self.uncounted_attempts(task, |_| true))
    }

    fn has_attempts_beside(&self, task: TaskId, kind: ErrorKind, uncounted: Attempts) -> bool {
        let attempts = self.tasks.get(task).map(|task| task.attempts());
        let attempts = attempts.unwrap_or_default().minus(uncounted);
        self.retries
            .has_attempts(attempts, self.is_retried_fault(kind))
    }

    /// Returns the attempts of a task that say little about it: those that suspected
    /// servers have failed, and the first on each other server. The task is checked
    /// there, not tried again: `may_check` says after which failures. Once no other server
    /// can come, one of the checks counts.
    pub(in crate::plan) fn uncounted_attempts(
        &self,
        task: TaskId,
        may_check: impl Fn(&Case) -> bool,
    ) -> Attempts {
        let cases = || self.cases.of(task).iter();
        let (suspected, others): (Vec<&Case>, Vec<&Case>) =
            cases().partition(|case| self.standing.is_suspected(case.server));
        let is_check = |case: &&Case| case.kind != ErrorKind::Overran && may_check(case);
        let checks = others.into_iter().filter(is_check);
        let counted = usize::from(!self.any_other_can_come(task));
        let checks = checks.map(|case| case.attempts.first());
        let checks = checks.filter(|&first| first != Attempts::default());
        let uncounted = suspected.into_iter().map(|case| case.attempts);
        uncounted
            .chain(checks.skip(counted))
            .fold(Attempts::default(), Attempts::plus)
    }
}
