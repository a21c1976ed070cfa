//! The placement: which server takes a task.
//!
//! A task goes to a server that is up and has a free slot: the one with the
//! fewest calls in flight, and among equals the one unused for longest. A server that
//! has refused calls has a free slot while fewer run than it has room for. Servers
//! that are due for a trial come last. The servers stand in an ordered set by
//! that rank, so a choice and a change take time logarithmic in their number.
//!
//! A task does not go back to a server that has lost its call while another
//! server is up, even if that one is busy; [`KEEP_OFF`] after that server's last
//! failure it does, since the others may be busy for hours. To a server with
//! which it has a case it does not go back. A host stands for its [workers]. A server that is
//! [ending](crate::plan::time_left) gets no calls, and is not up.

mod workers;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::ids::ServerId;
use crate::plan::avoid::Avoid;
use crate::plan::backoff::LONGEST;
use crate::plan::event::{Role, ServerConfig};
use crate::plan::health::State;
use crate::plan::timers::Timers;

/// Time after a server's last failure for which the tasks that it has failed
/// keep off it.
const KEEP_OFF: Duration = LONGEST;
/// Most servers that are looked at for a preferred one.
const SCANNED: usize = 16;

/// The slots of every server.
#[derive(Debug, Default)]
pub(super) struct Placement {
    servers: Vec<Slots>,
    /// The servers that can take a call, the best first. Holds the rank of each
    /// server that has one.
    ready: BTreeSet<Rank>,
    keep_off_timers: Timers,
    /// Number of servers whose access is `Full`.
    up: usize,
    /// Number of slots of the servers whose access is not `Never`.
    slots: usize,
    /// Number of calls placed so far.
    placed: u64,
}

/// The calls that a server may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// One for each slot.
    Full,
    /// One, as a trial.
    Trial,
    /// None for now.
    Paused,
    /// None in this run, none until the reserve is used, or none under this name.
    Never,
}

#[derive(Debug)]
struct Slots {
    /// Number of slots, at least 1.
    slots: usize,
    /// Most calls at a time that it has room for, by its refusals.
    limit: Option<usize>,
    /// Number of calls that have not returned.
    in_use: usize,
    /// The calls that its own health allows.
    access: Access,
    /// The calls that it may get: of a host, those that its workers allow too; of a worker,
    /// none.
    given: Access,
    role: Role,
    /// The workers of a host that are there.
    workers: Vec<ServerId>,
    /// A call would not end in the time that it has left: it gets none.
    ending: bool,
    /// A call runs here in isolation.
    isolated: bool,
    /// It starts no call, so that one can run in isolation.
    held: bool,
    /// Until when the tasks that the server has failed keep off it.
    keep_off: Option<Duration>,
    /// The value of `placed` when the server got its last call.
    used: u64,
}

/// The order in which servers take calls. Compared field by field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    trial: bool,
    in_use: usize,
    used: u64,
    server: ServerId,
}

impl Placement {
    /// Adds a server, in the health `state` that it begins with.
    pub(super) fn add_server(&mut self, config: ServerConfig, state: State) {
        let server = ServerId::new(self.servers.len());
        self.servers.push(Slots {
            slots: config.slots.max(1),
            limit: None,
            in_use: 0,
            access: Access::Never,
            given: Access::Never,
            role: config.role,
            workers: Vec::new(),
            ending: false,
            isolated: false,
            held: false,
            keep_off: None,
            used: 0,
        });
        if let Some(host) = config.role.host() {
            self.servers[host.index()].workers.push(server);
        }
        self.set_state(server, state);
    }

    /// Returns the number of slots of the servers that may be used again.
    pub(super) fn slots(&self) -> usize {
        self.slots
    }

    /// Returns whether some server can take a call.
    pub(super) fn any_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Returns whether some server that is up has a free slot.
    pub(super) fn any_idle(&self) -> bool {
        self.ready.first().is_some_and(|rank| !rank.trial)
    }

    /// Returns when the next [`keep_off`](Self::keep_off) ends, and of which
    /// server.
    pub(super) fn next_timer(&self) -> Option<(Duration, ServerId)> {
        self.keep_off_timers.first()
    }

    /// Returns the server for a task that avoids some, a preferred one first if
    /// it has a case with any. The trial of a server that has failed it is left to
    /// [`pick_trial`](Self::pick_trial).
    pub(super) fn pick(
        &self,
        avoid: &Avoid,
        is_preferred: impl Fn(ServerId) -> bool,
    ) -> Option<ServerId> {
        let up = || self.ready.iter().take_while(|rank| !rank.trial);
        let up = || up().map(|rank| rank.server);
        let is_other = |server| self.is_open(server, |server| !avoid.contains(server));
        let others = || up().filter(|&server| is_other(server));
        let preferred = || others().take(SCANNED).find(|&server| is_preferred(server));
        let preferred = avoid.is_strict().then(preferred).flatten();
        preferred
            .or_else(|| others().next())
            .or_else(|| up().find(|&server| self.may_go_back(server, avoid)))
            .or_else(|| self.first_trial(is_other))
    }

    /// Returns a server that is due for a trial, for a task that it has failed. A
    /// task that it has not had says more about it.
    pub(super) fn pick_trial(&self, avoid: &Avoid) -> Option<ServerId> {
        self.first_trial(|server| self.may_go_back(server, avoid))
    }

    fn first_trial(&self, may: impl Fn(ServerId) -> bool) -> Option<ServerId> {
        let trials = self.ready.iter().rev().take_while(|rank| rank.trial);
        let trials = trials.filter(|rank| may(rank.server));
        trials.last().map(|rank| rank.server)
    }

    /// Returns the server for a task that no server has failed.
    pub(super) fn pick_any(&self) -> Option<ServerId> {
        self.ready.first().map(|rank| rank.server)
    }

    /// Returns whether a task may go to the server though it rather avoids it.
    fn may_go_back(&self, server: ServerId, avoid: &Avoid) -> bool {
        let is_kept_off = |server: ServerId| self.servers[server.index()].keep_off.is_some();
        self.is_open(server, |server| {
            !avoid.is_strictly(server) && (!is_kept_off(server) || self.all_avoided(avoid))
        })
    }

    /// Returns the server for a hedge of a task that runs on `other` and avoids
    /// some, among those that `may` take hedges, a preferred one first.
    pub(super) fn pick_beside(
        &self,
        other: ServerId,
        avoid: &Avoid,
        may: impl Fn(ServerId) -> bool,
        is_preferred: impl Fn(ServerId) -> bool,
    ) -> Option<ServerId> {
        let up = self.ready.iter().take_while(|rank| !rank.trial);
        let up = up.map(|rank| rank.server);
        let is_other = |server| server != other && !avoid.contains(server);
        let mut others = up.filter(|&server| may(server) && self.is_open(server, is_other));
        let preferred = others
            .clone()
            .take(SCANNED)
            .find(|&server| is_preferred(server));
        preferred.or_else(|| others.next())
    }

    /// Returns the server for a task that runs in isolation among those that are
    /// `free`, one that has not `died` of it if there is any, a preferred one first.
    pub(super) fn pick_isolated(
        &self,
        is_free: impl Fn(ServerId) -> bool,
        died: &[ServerId],
        is_preferred: impl Fn(ServerId) -> bool,
    ) -> Option<ServerId> {
        let ready = || {
            let ready = self.ready.iter().map(|rank| rank.server);
            ready.filter(|&server| is_free(server))
        };
        let is_other = |server| !died.contains(&server);
        let others = || ready().filter(|&server| self.is_open(server, is_other));
        let preferred = others().find(|&server| is_preferred(server));
        preferred
            .or_else(|| others().next())
            .or_else(|| ready().next())
    }

    /// Lets a server get no calls because of the time that it has left, or some again.
    pub(super) fn set_ending(&mut self, server: ServerId, is_ending: bool) {
        self.servers[server.index()].ending = is_ending;
        self.edit(server, |_| ());
    }

    /// Returns whether some server is up.
    pub(super) fn any_up(&self) -> bool {
        self.up > 0
    }

    /// Returns the server that is up and has the fewest calls, among those that a task
    /// `may` run on, a preferred one first.
    pub(super) fn pick_to_hold(
        &self,
        may: impl Fn(ServerId) -> bool,
        is_preferred: impl Fn(ServerId) -> bool,
    ) -> Option<ServerId> {
        let servers = (0..self.servers.len()).map(ServerId::new);
        let up = servers.filter(|&server| self.servers[server.index()].given == Access::Full);
        let up = up.filter(|&server| self.is_open(server, &may));
        up.min_by_key(|&server| {
            let in_use = self.servers[server.index()].in_use;
            (!is_preferred(server), in_use, server)
        })
    }

    /// Holds a server: it starts no more calls until it is released.
    pub(super) fn hold(&mut self, server: ServerId, held: bool) {
        if self.servers[server.index()].held != held {
            self.edit(server, |server| server.held = held);
        }
    }

    /// Returns whether the server is up, and has enough time left; a worker, if its host is too.
    pub(super) fn is_up(&self, server: ServerId) -> bool {
        let slots = &self.servers[server.index()];
        match slots.role.host() {
            Some(host) => slots.access == Access::Full && self.is_up(host),
            None => slots.given == Access::Full,
        }
    }

    /// Returns whether no call runs on the server.
    pub(super) fn is_unused(&self, server: ServerId) -> bool {
        self.servers[server.index()].in_use == 0
    }

    /// Takes a slot of a picked server. `isolated`: no other call may start
    /// there until this one has returned.
    pub(super) fn take_slot(&mut self, server: ServerId, isolated: bool) {
        self.placed += 1;
        let placed = self.placed;
        self.edit(server, |server| {
            server.in_use += 1;
            server.used = placed;
            server.isolated = isolated;
        });
    }

    /// Gives back the slot of a call that has returned.
    pub(super) fn free_slot(&mut self, server: ServerId, isolated: bool) {
        self.edit(server, |server| {
            server.in_use -= 1;
            server.isolated &= !isolated;
        });
    }

    /// Sets the number of slots. Returns false if it is the same.
    pub(super) fn set_slots(&mut self, server: ServerId, slots: usize) -> bool {
        let changed = self.servers[server.index()].slots != slots;
        if changed {
            self.edit(server, |server| server.slots = slots);
        }
        changed
    }

    /// Returns the number of slots of a server.
    pub(super) fn slots_of(&self, server: ServerId) -> usize {
        self.servers[server.index()].slots
    }

    /// Sets the most calls at a time that a server has room for, if its slots are not the
    /// limit.
    pub(super) fn set_limit(&mut self, server: ServerId, limit: Option<usize>) {
        self.edit(server, |server| server.limit = limit);
    }

    /// Lets the server get the calls that its health allows. To be called after
    /// each change of its health.
    pub(super) fn set_state(&mut self, server: ServerId, state: State) {
        let access = match state {
            State::Up => Access::Full,
            State::TrialDue => Access::Trial,
            State::Aside | State::Probing | State::OnTrial => Access::Paused,
            State::Out | State::Reserve | State::Alias => Access::Never,
        };
        let slots = &mut self.servers[server.index()];
        if slots.access == access {
            return;
        }
        slots.access = access;
        let placed = slots.role.host().unwrap_or(server);
        self.edit(placed, |_| ());
    }

    /// Keeps the tasks that the server has failed off it for a while.
    pub(super) fn keep_off(&mut self, server: ServerId, now: Duration) {
        let until = now.checked_add(KEEP_OFF);
        let slots = &mut self.servers[server.index()];
        self.keep_off_timers.set(server, &mut slots.keep_off, until);
    }

    /// Lets the tasks that the server has failed go back to it, if their time
    /// has come.
    pub(super) fn end_keep_off(&mut self, server: ServerId, now: Duration) {
        let slots = &mut self.servers[server.index()];
        if slots.keep_off.is_some_and(|until| until <= now) {
            self.keep_off_timers.set(server, &mut slots.keep_off, None);
        }
    }

    /// Changes a server, and keeps the ranks and the counts in step.
    fn edit(&mut self, server: ServerId, change: impl FnOnce(&mut Slots)) {
        let given = self.given(server);
        let slots = &mut self.servers[server.index()];
        if let Some(rank) = slots.rank(server) {
            self.ready.remove(&rank);
        }
        self.up -= usize::from(slots.given == Access::Full);
        self.slots -= slots.usable();
        slots.given = given;
        change(slots);
        self.ready.extend(slots.rank(server));
        self.up += usize::from(slots.given == Access::Full);
        self.slots += slots.usable();
    }
}

impl Slots {
    /// Returns the server's rank, if it can take a call.
    fn rank(&self, server: ServerId) -> Option<Rank> {
        let trial = match self.given {
            Access::Full => false,
            Access::Trial => true,
            Access::Paused | Access::Never => return None,
        };
        let most = self.limit.map_or(self.slots, |limit| limit.min(self.slots));
        (self.in_use < most && !self.isolated && !self.held).then_some(Rank {
            trial,
            in_use: self.in_use,
            used: self.used,
            server,
        })
    }

    fn usable(&self) -> usize {
        match self.given {
            Access::Never => 0,
            Access::Full | Access::Trial | Access::Paused => self.slots,
        }
    }
}

#[cfg(test)]
mod tests;
