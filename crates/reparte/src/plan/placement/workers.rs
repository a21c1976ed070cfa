//! The workers of a host: whether the host may take a call for them.
//!
//! | workers that are there | calls of the host |
//! | --- | --- |
//! | none that is known | those that its own health allows |
//! | some are up | one for each slot |
//! | none is up, some are due for a trial | one for each of these |
//! | none of these | none |

use crate::ids::ServerId;
use crate::plan::avoid::Avoid;
use crate::plan::placement::{Access, Placement};

impl Placement {
    /// Returns the workers of a host that are there.
    pub(in crate::plan) fn workers(&self, host: ServerId) -> &[ServerId] {
        &self.servers[host.index()].workers
    }

    /// Returns whether the worker is up by itself, whatever its host is.
    pub(in crate::plan) fn works(&self, worker: ServerId) -> bool {
        self.servers[worker.index()].access == Access::Full
    }

    /// Returns whether the worker is due for a trial.
    pub(in crate::plan) fn is_trial_due(&self, worker: ServerId) -> bool {
        self.servers[worker.index()].access == Access::Trial
    }

    /// Forgets a worker that is no longer there.
    pub(in crate::plan) fn remove_worker(&mut self, worker: ServerId) {
        let Some(host) = self.servers[worker.index()].role.host() else {
            return;
        };
        let workers = &mut self.servers[host.index()].workers;
        workers.retain(|&other| other != worker);
        self.edit(host, |_| ());
    }

    /// Returns whether a server is `fit`; of a host, whether one of the workers is for which it
    /// takes calls.
    pub(in crate::plan) fn is_open(
        &self,
        server: ServerId,
        is_fit: impl Fn(ServerId) -> bool,
    ) -> bool {
        let slots = &self.servers[server.index()];
        let is_meant = |worker: &ServerId| match self.servers[worker.index()].access {
            // The host's own trial goes to any worker.
            Access::Full | Access::Trial if slots.access != Access::Full => true,
            access => access == slots.given,
        };
        let mut meant = slots.workers.iter().copied().filter(is_meant);
        match slots.workers.is_empty() {
            true => is_fit(server),
            false => meant.any(is_fit),
        }
    }

    /// Returns whether a task avoids every server that is up.
    pub(super) fn all_avoided(&self, avoid: &Avoid) -> bool {
        let placed = |server: ServerId| {
            let host = self.servers[server.index()].role.host();
            host.unwrap_or(server)
        };
        let mut avoided: Vec<ServerId> = avoid
            .servers()
            .map(placed)
            .filter(|&server| {
                self.is_up(server) && !self.is_open(server, |server| !avoid.contains(server))
            })
            .collect();
        avoided.sort_unstable();
        avoided.dedup();
        avoided.len() == self.up
    }

    /// Returns the calls that a server may get.
    pub(super) fn given(&self, server: ServerId) -> Access {
        let slots = &self.servers[server.index()];
        if slots.role.host().is_some() {
            return Access::Never;
        }
        if slots.ending && matches!(slots.access, Access::Full | Access::Trial) {
            return Access::Paused;
        }
        if slots.access != Access::Full || slots.workers.is_empty() {
            return slots.access;
        }
        let any = |access| {
            let mut workers = slots.workers.iter();
            workers.any(|worker| self.servers[worker.index()].access == access)
        };
        match (any(Access::Full), any(Access::Trial)) {
            (true, _) => Access::Full,
            (false, true) => Access::Trial,
            (false, false) => Access::Paused,
        }
    }
}
