//! The placement: which server takes a task.
//!
//! A task goes to a server that is up and has a free slot: the one with the
//! fewest calls in flight, and among equals the one unused for longest. Servers
//! that are due for a trial come last. The servers stand in an ordered set by
//! that rank, so a choice and a change take time logarithmic in their number.
//!
//! A task does not go back to the server of its last failed call while another
//! server is up, even if that one is busy; after [`KEEP_OFF`] it does, since the
//! others may be busy for hours.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::ids::ServerId;
use crate::plan::backoff::LONGEST;
use crate::plan::event::ServerConfig;
use crate::plan::health::State;
use crate::plan::timers::Timers;

/// Time after a server's last failure for which the tasks that it has failed
/// keep off it.
const KEEP_OFF: Duration = LONGEST;

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
    /// None in this run, or none until the reserve is used.
    Never,
}

#[derive(Debug)]
struct Slots {
    /// Number of slots, at least 1.
    slots: usize,
    /// Number of calls that have not returned.
    in_use: usize,
    access: Access,
    /// A call runs here in isolation.
    isolated: bool,
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
            in_use: 0,
            access: Access::Never,
            isolated: false,
            keep_off: None,
            used: 0,
        });
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

    /// Returns the server for a task whose last call failed on `failed_by`, if
    /// one did.
    pub(super) fn pick(&self, failed_by: Option<ServerId>) -> Option<ServerId> {
        let mut ready = self.ready.iter();
        let best = ready.next()?;
        if Some(best.server) != failed_by {
            return Some(best.server);
        }
        let may_go_back = self.may_go_back(best.server);
        match ready.next() {
            Some(other) if !may_go_back || other.trial == best.trial => Some(other.server),
            _ => may_go_back.then_some(best.server),
        }
    }

    /// Returns whether a task may go to the server that its last call failed on.
    fn may_go_back(&self, server: ServerId) -> bool {
        let server = &self.servers[server.index()];
        let others_up = self.up - usize::from(server.access == Access::Full);
        others_up == 0 || server.keep_off.is_none()
    }

    /// Returns the server for a hedge of a task that runs on `other`.
    pub(super) fn pick_beside(&self, other: ServerId) -> Option<ServerId> {
        let ready = self.ready.iter().take_while(|rank| !rank.trial);
        ready
            .map(|rank| rank.server)
            .find(|&server| server != other)
    }

    /// Returns the server for a task that runs in isolation, one that has not
    /// `died` of it if there is any.
    pub(super) fn pick_isolated(&self, died: &[ServerId]) -> Option<ServerId> {
        let mut ready = self.ready.iter().map(|rank| rank.server);
        let other = ready.clone().find(|server| !died.contains(server));
        other.or_else(|| ready.next())
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

    /// Lets the server get the calls that its health allows. To be called after
    /// each change of its health.
    pub(super) fn set_state(&mut self, server: ServerId, state: State) {
        let access = match state {
            State::Up => Access::Full,
            State::TrialDue => Access::Trial,
            State::Aside | State::Probing | State::OnTrial => Access::Paused,
            State::Out | State::Reserve => Access::Never,
        };
        if self.servers[server.index()].access != access {
            self.edit(server, |server| server.access = access);
        }
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
        let slots = &mut self.servers[server.index()];
        if let Some(rank) = slots.rank(server) {
            self.ready.remove(&rank);
        }
        self.up -= usize::from(slots.access == Access::Full);
        self.slots -= slots.usable();
        change(slots);
        self.ready.extend(slots.rank(server));
        self.up += usize::from(slots.access == Access::Full);
        self.slots += slots.usable();
    }
}

impl Slots {
    /// Returns the server's rank, if it can take a call.
    fn rank(&self, server: ServerId) -> Option<Rank> {
        let trial = match self.access {
            Access::Full => false,
            Access::Trial => true,
            Access::Paused | Access::Never => return None,
        };
        (self.in_use < self.slots && !self.isolated).then_some(Rank {
            trial,
            in_use: self.in_use,
            used: self.used,
            server,
        })
    }

    fn usable(&self) -> usize {
        match self.access {
            Access::Never => 0,
            Access::Full | Access::Trial | Access::Paused => self.slots,
        }
    }
}

#[cfg(test)]
mod tests;
