//! The servers from which answers may be expected: now, soon, or not at all.

use std::time::Duration;

use crate::ids::ServerId;
use crate::plan::action::AsideReason;
use crate::plan::health::{Health, ServerHealth, State};

impl Health {
    /// Returns whether some server is alive.
    pub(in crate::plan) fn any_alive(&self) -> bool {
        self.alive > 0
    }

    /// Returns whether the server is alive: up, an alias, busy for a time that it names, or
    /// suspected and giving faults.
    pub(in crate::plan) fn is_alive(&self, server: ServerId) -> bool {
        self.servers[server.index()].is_alive()
    }

    /// Records that the server has taken a connection.
    pub(in crate::plan) fn reached(&mut self, server: ServerId) {
        self.servers[server.index()].was_reached = true;
    }

    /// Returns whether the server is down, and has never taken a connection in this run.
    pub(in crate::plan) fn never_came(&self, server: ServerId) -> bool {
        let server = &self.servers[server.index()];
        !server.is_alive() && !server.was_reached
    }

    /// Returns whether some server is up.
    pub(in crate::plan) fn any_up(&self) -> bool {
        self.up > 0
    }

    /// Returns whether some server is busy by its own word.
    pub(in crate::plan) fn any_busy(&self) -> bool {
        self.busy > 0
    }

    /// Returns whether every server is out or in reserve, or takes no call if
    /// `or_refused`.
    pub(in crate::plan) fn all_unused(&self, or_refused: bool) -> bool {
        let refused = if or_refused { self.refused } else { 0 };
        self.unused + refused == self.servers.len() - self.workers
    }

    /// Returns whether some server is being asked whether it works.
    pub(in crate::plan) fn any_asked(&self) -> bool {
        let asked = |server: &ServerHealth| {
            matches!(
                server.state,
                State::Probing | State::TrialDue | State::OnTrial
            )
        };
        self.servers.iter().any(asked)
    }

    /// Returns whether the server may answer calls, now or soon: it is in use, and
    /// has not been down for too long.
    pub(in crate::plan) fn is_expected(&self, server: ServerId) -> bool {
        let server = &self.servers[server.index()];
        let is_itself = server.is_alive() || (server.down_since.is_some() && !server.is_refused());
        let host = server.role.host();
        is_itself && host.is_none_or(|host| self.is_expected(host))
    }

    /// Returns since when the server is down, unless it is out, or has been down for too long.
    pub(in crate::plan) fn down_since(&self, server: ServerId) -> Option<Duration> {
        self.servers[server.index()].down_since
    }

    /// Returns since when a server is down that has failed, and not just fallen silent.
    pub(in crate::plan) fn died_at(&self, server: ServerId) -> Option<Duration> {
        let is_dead = self.servers[server.index()].reason == AsideReason::Died;
        self.down_since(server).filter(|_| is_dead)
    }

    /// Returns the time at which a server will have been down for too long.
    pub(in crate::plan) fn next_lapse(&self, patience: Duration) -> Option<Duration> {
        let (since, _) = self.down.first()?;
        since.checked_add(patience)
    }

    /// Gives up on servers that have been down for too long. Returns whether there
    /// were any.
    pub(in crate::plan) fn lapse(&mut self, patience: Duration, now: Duration) -> bool {
        let mut any = false;
        while let Some((since, server)) = self.down.first()
            && since.saturating_add(patience) <= now
        {
            any = true;
            let server_health = &mut self.servers[server.index()];
            self.down.set(server, &mut server_health.down_since, None);
        }
        any
    }

    /// Ends the time aside of every server, and returns them.
    pub(in crate::plan) fn ask_all(&mut self, now: Duration) -> Vec<ServerId> {
        let servers = (0..self.servers.len()).map(ServerId::new);
        let aside: Vec<ServerId> = servers
            .filter(|&server| self.state(server) == State::Aside)
            .collect();
        for &server in &aside {
            self.edit(server, Some(now), |_| ());
        }
        aside
    }
}
