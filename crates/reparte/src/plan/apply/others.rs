//! The servers that may have a task which others have failed.

use std::time::Duration;

use crate::ids::{ServerId, TaskId};
use crate::plan::Plan;
use crate::plan::cases::Case;
use crate::plan::suspects::Suspicion;

/// Time for which a server that is down is waited for where the outage has no
/// limit.
const LONGEST_PATIENCE: Duration = Duration::from_secs(600);

impl Plan {
    /// Returns whether a server that has no case with the task can come.
    pub(in crate::plan) fn any_other_can_come(&self, task: TaskId) -> bool {
        self.others_that_can_come(task).next().is_some()
    }

    /// Returns the servers that have no case with the task and can come. A suspected one does
    /// not count where a proven server has failed the task, and neither does one that has never
    /// taken a connection: its address may be wrong. A worker that can't do it never does.
    pub(in crate::plan) fn others_that_can_come(
        &self,
        task: TaskId,
    ) -> impl Iterator<Item = ServerId> {
        let cases = self.cases.of(task);
        let mut by = cases.iter().map(|case| case.server);
        let by_proven = by.any(|server| self.standing.is_proven(server));
        // A suspect does not wait for servers that have died of it, once one that can be
        // trusted has answered.
        let mut by = cases.iter().map(|case| case.server);
        let by_trusted = by.any(|server| !self.standing.is_suspected(server));
        let died = match self.suspects.suspicion(task) {
            Suspicion::None => &[],
            _ if !by_trusted => &[],
            _ => self.suspects.deaths(task),
        };
        let unfit = self.unfit_for(task);
        let servers = self.health.servers();
        servers.filter(move |&server| {
            let is_useless =
                by_proven && (self.health.never_came(server) || self.standing.is_suspected(server));
            let has_had_it = |case: &Case| case.server == server && !self.was_in_gap(case);
            self.can_come(server)
                && !is_useless
                && !died.contains(&server)
                && !unfit.contains(&server)
                && !cases.iter().any(has_had_it)
        })
    }

    /// Returns a good server that is up and has no case with the task: a call there
    /// is free of the budget.
    pub(in crate::plan) fn good_server_for(&self, task: TaskId) -> Option<ServerId> {
        let unfit = self.unfit_for(task);
        let mut good = self
            .standing
            .good()
            .filter(|server| !unfit.contains(server));
        good.find(|&server| self.placement.is_up(server) && !self.cases.has(task, server))
    }

    /// Returns the workers that can't do a task, once a server has failed it again: the second opinion
    /// of one is better than none.
    fn unfit_for(&self, task: TaskId) -> &[ServerId] {
        let has_failed_again = self.cases.of(task).iter().any(|case| case.failures > 1);
        let task = self.tasks.get(task).filter(|_| has_failed_again);
        task.map_or(&[], |task| task.unfit())
    }

    /// Returns for how long a server that is down is waited for.
    pub(in crate::plan) fn patience(&self) -> Duration {
        self.outage.limit().unwrap_or(LONGEST_PATIENCE)
    }
}
