//! One server's state, and what it is found by.

use std::time::Duration;

use super::pulse::{Kin, Pulses};
use crate::ids::ServerId;
use crate::plan::event::ServerConfig;
use crate::{CallId, TaskId};

#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) slots: usize,
    /// Slots with a call in flight, wanted or not.
    pub(super) in_use: usize,
    pub(super) health: Health,
    /// It said that it was busy: it is alive, though not in use.
    pub(super) busy: bool,
    /// Only an answer to a call shows that it works again.
    pub(super) needs_trial: bool,
    /// Failures in a row.
    pub(super) failures: u32,
    /// Calls in a row that failed at once.
    pub(super) strikes: u32,
    /// Raised each time it is put aside. A failed call of an earlier epoch
    /// tells nothing new.
    pub(super) epoch: u32,
    /// Until when the tasks that it failed keep off it.
    pub(super) keep_off: Option<Duration>,
    /// The number of the last placement here.
    pub(super) used: u64,
    /// Its calls in flight whose answers are wanted, in any order.
    pub(super) calls: Vec<CallId>,
    /// A task runs here that is to run alone.
    pub(super) alone: bool,
    /// The tasks that were aboard when it seemed to die.
    pub(super) breaks: Vec<Break>,
    pub(super) pulses: Pulses,
}

/// A call whose connection broke: its server has died, unless it says that it
/// is the instance that it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Break {
    pub(super) task: TaskId,
    pub(super) at: Duration,
    pub(super) instance: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// All slots are used.
    Up,
    /// None is used until this time.
    Aside(Duration),
    /// It is being asked how it is.
    Asked,
    /// One may be used, for a trial.
    Due,
    /// The trial is on.
    Trial,
    /// It is not asked again.
    Out,
    /// It is kept for when no other is left.
    Reserve,
}

/// What a call needs to know about the server's state when it started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub(crate) server: ServerId,
    pub(crate) trial: bool,
    pub(super) epoch: u32,
    /// Nothing else is to run there.
    pub(super) apart: bool,
}

/// Servers that are up come before trials; then those with fewer calls in
/// flight; then those unused for longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) trial: bool,
    pub(super) in_use: usize,
    pub(super) used: u64,
    pub(super) id: ServerId,
}

impl Server {
    pub(super) fn new(site: ServerConfig, now: Duration) -> Self {
        Self {
            slots: site.slots.max(1),
            in_use: 0,
            health: match site.reserve {
                true => Health::Reserve,
                false => Health::Up,
            },
            busy: false,
            needs_trial: false,
            failures: 0,
            strikes: 0,
            epoch: 0,
            keep_off: None,
            used: 0,
            calls: Vec::new(),
            alone: false,
            breaks: Vec::new(),
            pulses: Pulses::new(site, now),
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        match self.health {
            Health::Up => true,
            Health::Out | Health::Reserve => false,
            Health::Aside(_) | Health::Asked | Health::Due | Health::Trial => self.busy,
        }
    }

    pub(super) fn is_out(&self) -> bool {
        matches!(self.health, Health::Out | Health::Reserve)
    }

    /// Its slots, unless it is out.
    pub(super) fn slots_in_play(&self) -> usize {
        if self.is_out() { 0 } else { self.slots }
    }

    pub(super) fn is_trial(&self, seat: Seat) -> bool {
        seat.trial && self.health == Health::Trial && self.epoch == seat.epoch
    }

    pub(super) fn rank(&self, id: ServerId) -> Option<Rank> {
        let trial = match self.health {
            Health::Up => false,
            Health::Due => true,
            Health::Aside(_) | Health::Asked | Health::Trial | Health::Out | Health::Reserve => {
                return None;
            }
        };
        (self.in_use < self.slots && !self.alone).then_some(Rank {
            trial,
            in_use: self.in_use,
            used: self.used,
            id,
        })
    }

    /// Whether it is worth knowing how it is.
    pub(super) fn is_watched(&self) -> bool {
        match self.health {
            Health::Up | Health::Due | Health::Trial => true,
            Health::Out => !self.calls.is_empty(),
            Health::Aside(_) | Health::Asked | Health::Reserve => false,
        }
    }

    /// Which instance it said that it is, if it will say so again.
    pub(super) fn instance(&self) -> Option<u64> {
        match self.pulses.kin {
            Kin::Ours { instance } if self.health != Health::Out => Some(instance),
            _ => None,
        }
    }

    pub(super) fn take_back(&mut self) {
        self.health = Health::Up;
        self.busy = false;
        self.needs_trial = false;
    }

    /// Makes the changes whose time has come.
    pub(super) fn tick(&mut self, now: Duration) {
        if matches!(self.health, Health::Aside(until) if until <= now) {
            self.health = match self.pulses.has_status() && !self.needs_trial {
                true => Health::Asked,
                false => Health::Due,
            };
            // It has not been asked while it was put aside.
            if self.health == Health::Asked || self.pulses.kin != Kin::Foreign {
                self.pulses.ask_at(now);
            }
        }
        if self.keep_off.is_some_and(|until| until <= now) {
            self.keep_off = None;
        }
    }

    pub(super) fn timers(&self) -> [Option<Duration>; 4] {
        let due = match self.health {
            Health::Aside(until) => Some(until),
            _ => None,
        };
        let [ask, overdue] = self.pulses.timers();
        [due, self.keep_off, ask, overdue]
    }
}
