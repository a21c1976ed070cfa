//! One server's state, and what it is found by.

use std::time::Duration;

use crate::ids::ServerId;

#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) slots: usize,
    /// Slots with a call in flight, wanted or not.
    pub(super) in_use: usize,
    pub(super) health: Health,
    /// It said that it was busy: it is alive, though not in use.
    pub(super) busy: bool,
    /// Failures in a row.
    pub(super) failures: u32,
    /// Raised each time it is put aside. A failed call of an earlier epoch
    /// tells nothing new.
    pub(super) epoch: u32,
    /// Until when the tasks that it failed keep off it.
    pub(super) keep_off: Option<Duration>,
    /// The number of the last placement here.
    pub(super) used: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// All slots are used.
    Up,
    /// None is used until this time.
    Aside(Duration),
    /// One may be used, for a trial.
    Due,
    /// The trial is on.
    Trial,
    /// It is not asked again.
    Out,
}

/// What a call needs to know about the server's state when it started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub(crate) server: ServerId,
    pub(crate) trial: bool,
    pub(super) epoch: u32,
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
    pub(super) fn new(slots: usize) -> Self {
        Self {
            slots,
            in_use: 0,
            health: Health::Up,
            busy: false,
            failures: 0,
            epoch: 0,
            keep_off: None,
            used: 0,
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        match self.health {
            Health::Up => true,
            Health::Out => false,
            Health::Aside(_) | Health::Due | Health::Trial => self.busy,
        }
    }

    pub(super) fn is_trial(&self, seat: Seat) -> bool {
        seat.trial && self.health == Health::Trial && self.epoch == seat.epoch
    }

    pub(super) fn rank(&self, id: ServerId) -> Option<Rank> {
        let trial = match self.health {
            Health::Up => false,
            Health::Due => true,
            Health::Aside(_) | Health::Trial | Health::Out => return None,
        };
        (self.in_use < self.slots).then_some(Rank {
            trial,
            in_use: self.in_use,
            used: self.used,
            id,
        })
    }

    pub(super) fn timers(&self) -> [Option<Duration>; 2] {
        let due = match self.health {
            Health::Aside(until) => Some(until),
            _ => None,
        };
        [due, self.keep_off]
    }
}
