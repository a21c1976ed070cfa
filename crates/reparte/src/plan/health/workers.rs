//! The counts of servers by their health, in which a host stands for its workers.
//!
//! A host whose workers are known is up, and alive, if it is so itself and one of them is.
//! Evidence is about its workers in place of it.

use crate::ids::ServerId;
use crate::plan::health::{Health, HealthAtStart, ServerHealth, State};

impl Health {
    /// Returns the servers that evidence may be about: every server of the run, but for hosts
    /// whose workers are known.
    pub(in crate::plan) fn servers(&self) -> impl Iterator<Item = ServerId> {
        let servers = (0..self.servers.len()).map(ServerId::new);
        servers.filter(|&server| self.servers[server.index()].workers.known == 0)
    }

    /// Returns the health of a worker that has taken a call that is not its trial.
    pub(in crate::plan) fn at_start(&self, worker: ServerId) -> HealthAtStart {
        HealthAtStart {
            trial: false,
            epoch: self.servers[worker.index()].epoch,
        }
    }

    /// Forgets a worker that is no longer there, and is out.
    pub(in crate::plan) fn remove_worker(&mut self, worker: ServerId) {
        if let Some(host) = self.servers[worker.index()].role.host() {
            self.discount(host);
            let counts = &mut self.servers[host.index()].workers;
            counts.known = counts.known.saturating_sub(1);
            self.count(host);
        }
    }

    /// Adds a server that is new.
    pub(super) fn count_new(&mut self, server: ServerId) {
        if let Some(host) = self.servers[server.index()].role.host() {
            self.workers += 1;
            self.discount(host);
            self.servers[host.index()].workers.known += 1;
            self.count(host);
        }
        self.count(server);
    }

    /// Adds a server to the counts.
    pub(super) fn count(&mut self, server: ServerId) {
        let counted = &self.servers[server.index()];
        let (alive, up) = (counted.is_alive(), counted.state == State::Up);
        if let Some(host) = counted.role.host() {
            self.discount(host);
            let counts = &mut self.servers[host.index()].workers;
            counts.alive += usize::from(alive);
            counts.up += usize::from(up);
            return self.count(host);
        }
        self.alive += usize::from(counted.has_life());
        self.up += usize::from(up && counted.workers.any_up());
        self.busy += usize::from(counted.is_busy());
        self.refused += usize::from(counted.is_refused());
        self.unused += usize::from(counted.is_unused());
    }

    /// Takes a server out of the counts, before a change.
    pub(super) fn discount(&mut self, server: ServerId) {
        let counted = &self.servers[server.index()];
        let (alive, up) = (counted.is_alive(), counted.state == State::Up);
        if let Some(host) = counted.role.host() {
            self.discount(host);
            let counts = &mut self.servers[host.index()].workers;
            counts.alive -= usize::from(alive);
            counts.up -= usize::from(up);
            return self.count(host);
        }
        self.alive -= usize::from(counted.has_life());
        self.up -= usize::from(up && counted.workers.any_up());
        self.busy -= usize::from(counted.is_busy());
        self.refused -= usize::from(counted.is_refused());
        self.unused -= usize::from(counted.is_unused());
    }
}

impl ServerHealth {
    /// Returns whether the server is alive, and of a host, some worker too.
    pub(super) fn has_life(&self) -> bool {
        self.is_alive() && self.workers.any_alive()
    }
}
