//! The servers: which are up, which have a free slot, which to try again and
//! when.

use std::collections::BTreeSet;
use std::time::Duration;

use super::backoff::LONGEST;
use super::server::{Health, Rank, Seat, Server};
use crate::CallId;
use crate::ids::ServerId;
use crate::plan::action::AsideReason;
use crate::plan::event::ServerConfig;

/// How long a task keeps off the server that failed it while another one is
/// up, though busy. After that a free slot there is better than none: the
/// others may be at work for hours.
const KEEP_OFF: Duration = LONGEST;

/// What time has come for a server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Alarm {
    /// To ask it how it is.
    Ask(ServerId),
    /// To stop waiting for its answer to that.
    Overdue(ServerId),
}

/// Every server, found by what makes it the best for a task in time
/// logarithmic in their number.
#[derive(Debug)]
pub(crate) struct Servers {
    all: Vec<Server>,
    /// Those that can take a call, the best first.
    ready: BTreeSet<Rank>,
    timers: BTreeSet<(Duration, ServerId)>,
    up: usize,
    alive: usize,
    out: usize,
    /// Those of all servers that are not out.
    slots: usize,
    placements: u64,
}

impl Servers {
    pub(crate) fn new(sites: &[ServerConfig]) -> Self {
        let mut servers = Self {
            all: Vec::with_capacity(sites.len()),
            ready: BTreeSet::new(),
            timers: BTreeSet::new(),
            up: 0,
            alive: 0,
            out: 0,
            slots: 0,
            placements: 0,
        };
        for &site in sites {
            servers.join(site, Duration::ZERO);
        }
        servers
    }

    /// A further server.
    pub(crate) fn join(&mut self, site: ServerConfig, now: Duration) {
        let id = ServerId::new(self.all.len());
        self.all.push(Server::new(site, now));
        self.enter(id);
    }

    pub(super) fn get(&self, id: ServerId) -> &Server {
        &self.all[id.index()]
    }

    /// Whether some server is up, or alive though busy.
    pub(crate) fn any_alive(&self) -> bool {
        self.alive > 0
    }

    /// Whether every server is out for good, or not in use yet.
    pub(crate) fn all_out(&self) -> bool {
        self.out == self.all.len()
    }

    /// Puts the servers to use that were kept for when no other is left.
    pub(crate) fn fall_back(&mut self) -> Vec<ServerId> {
        let ids = (0..self.all.len()).map(ServerId::new);
        let kept: Vec<_> = ids
            .filter(|&id| self.get(id).health == Health::Reserve)
            .collect();
        for &id in &kept {
            self.edit(id, |server| server.health = Health::Up);
        }
        kept
    }

    /// How many slots there are, of servers that may be used again.
    pub(crate) fn slots(&self) -> usize {
        self.slots
    }

    /// Whether some server can take a call.
    pub(crate) fn any_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether some server that is up has a free slot.
    pub(crate) fn any_idle(&self) -> bool {
        self.ready.first().is_some_and(|rank| !rank.trial)
    }

    /// When the next server changes by the mere passing of time.
    pub(crate) fn next_timer(&self) -> Option<Duration> {
        self.timers.first().map(|&(at, _)| at)
    }

    /// Makes the changes whose time has come, and says which servers it is
    /// time to ask how they are, or to stop waiting for.
    pub(crate) fn wake(&mut self, now: Duration) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        while let Some(&(at, id)) = self.timers.first()
            && at <= now
        {
            self.edit(id, |server| {
                server.tick(now);
                if server.pulses.take_overdue(now) {
                    alarms.push(Alarm::Overdue(id));
                }
                if server.pulses.take_question(now) {
                    alarms.push(Alarm::Ask(id));
                }
            });
        }
        alarms
    }

    /// The server for a task that `failed_by` failed last, if any did.
    pub(crate) fn pick(&self, failed_by: Option<ServerId>) -> Option<ServerId> {
        let mut ready = self.ready.iter();
        let best = ready.next()?;
        if Some(best.id) != failed_by {
            return Some(best.id);
        }
        let may_go_back = self.may_go_back(best.id);
        match ready.next() {
            Some(other) if !may_go_back || other.trial == best.trial => Some(other.id),
            _ => may_go_back.then_some(best.id),
        }
    }

    /// Whether a task may go to the server that failed it last.
    fn may_go_back(&self, id: ServerId) -> bool {
        let server = &self.all[id.index()];
        let others_up = self.up - usize::from(server.health == Health::Up);
        others_up == 0 || server.keep_off.is_none()
    }

    /// The server for a further call of a task that runs on `beside`: another
    /// one that is up.
    pub(crate) fn pick_beside(&self, beside: ServerId) -> Option<ServerId> {
        let ready = self.ready.iter().take_while(|rank| !rank.trial);
        ready.map(|rank| rank.id).find(|&id| id != beside)
    }

    /// The server for a task that is to run alone, one that it has not
    /// `killed` if there is any.
    pub(crate) fn pick_apart(&self, killed: &[ServerId]) -> Option<ServerId> {
        let mut ready = self.ready.iter().map(|rank| rank.id);
        let other = ready.clone().find(|id| !killed.contains(id));
        other.or_else(|| ready.next())
    }

    /// Takes a slot of a server that [`pick`](Self::pick) gave for a call,
    /// which takes long when it takes `long`, and is to run `apart` perhaps.
    pub(crate) fn seat(
        &mut self,
        id: ServerId,
        call: CallId,
        now: Duration,
        long: Duration,
        apart: bool,
    ) -> Seat {
        self.placements += 1;
        let placement = self.placements;
        self.edit(id, |server| {
            server.in_use += 1;
            server.calls.push(call);
            server.pulses.started(now, long);
            server.used = placement;
            server.alone = apart;
            let trial = server.health == Health::Due;
            if trial {
                server.health = Health::Trial;
            }
            Seat {
                server: id,
                trial,
                epoch: server.epoch,
                apart,
            }
        })
    }

    /// Nobody wants the call's answer any more, though its slot stays taken.
    pub(crate) fn drop_call(&mut self, id: ServerId, call: CallId) {
        let calls = &mut self.all[id.index()].calls;
        if let Some(at) = calls.iter().position(|&other| other == call) {
            calls.swap_remove(at);
        }
    }

    /// Gives the slot of a call back. A trial that told nothing is due again.
    pub(crate) fn leave(&mut self, seat: Seat) {
        self.edit(seat.server, |server| {
            server.in_use -= 1;
            server.alone &= !seat.apart;
            if server.is_trial(seat) {
                server.health = Health::Due;
            }
        });
    }

    /// The server has answered a call: true if that takes it back.
    ///
    /// While it is put aside an answer does not, as it may have been on its
    /// way when the server died.
    pub(crate) fn answered(&mut self, id: ServerId, now: Duration) -> bool {
        self.edit(id, |server| {
            let back = matches!(server.health, Health::Due | Health::Trial);
            if back {
                server.take_back();
            }
            if server.health == Health::Up {
                server.failures = 0;
                server.strikes = 0;
            }
            server.pulses.worked(now);
            back
        })
    }

    /// Whether a call's failure tells anything new about its server.
    pub(crate) fn is_news(&self, seat: Seat) -> bool {
        let server = &self.all[seat.server.index()];
        server.health != Health::Out && server.epoch == seat.epoch
    }

    /// Puts the server aside until a time, for a reason: whether it was in use
    /// until now.
    pub(crate) fn set_aside(
        &mut self,
        id: ServerId,
        now: Duration,
        until: Duration,
        reason: AsideReason,
    ) -> bool {
        self.edit(id, |server| {
            let was_down = server.health != Health::Up && !server.busy;
            server.health = Health::Aside(until);
            server.busy = reason == AsideReason::Busy;
            server.failures = server.failures.saturating_add(1);
            server.epoch = server.epoch.wrapping_add(1);
            server.keep_off = now.checked_add(KEEP_OFF);
            !was_down
        })
    }

    /// Puts the server out for good: false if it was already.
    pub(crate) fn put_out(&mut self, id: ServerId) -> bool {
        self.edit(id, |server| {
            std::mem::replace(&mut server.health, Health::Out) != Health::Out
        })
    }

    /// Changes a server, and whatever it is found by.
    pub(super) fn edit<T>(&mut self, id: ServerId, change: impl FnOnce(&mut Server) -> T) -> T {
        self.exit(id);
        let changed = change(&mut self.all[id.index()]);
        self.enter(id);
        changed
    }

    fn enter(&mut self, id: ServerId) {
        let server = &self.all[id.index()];
        self.ready.extend(server.rank(id));
        self.timers
            .extend(server.timers().into_iter().flatten().map(|at| (at, id)));
        self.up += usize::from(server.health == Health::Up);
        self.alive += usize::from(server.is_alive());
        self.out += usize::from(server.is_out());
        self.slots += server.slots_in_play();
    }

    fn exit(&mut self, id: ServerId) {
        let server = &self.all[id.index()];
        if let Some(rank) = server.rank(id) {
            self.ready.remove(&rank);
        }
        for at in server.timers().into_iter().flatten() {
            self.timers.remove(&(at, id));
        }
        self.up -= usize::from(server.health == Health::Up);
        self.alive -= usize::from(server.is_alive());
        self.out -= usize::from(server.is_out());
        self.slots -= server.slots_in_play();
    }
}
