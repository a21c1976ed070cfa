//! The agenda: what will happen in a virtual world, and when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::ids::{CallId, ServerId};

/// Something that happens at a time of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Incident {
    CallEnds(CallId),
    /// The probe of this number is answered, or fails.
    ProbeEnds(ServerId, u64),
    Dies(ServerId),
    Hangs(ServerId),
    Recovers(ServerId),
    GapBegins(ServerId),
    /// The time of a server is over.
    TimeEnds(ServerId),
    /// A server whose time is over breaks the calls that it still has.
    GraceEnds(ServerId),
    /// A worker is known to be at work on a call since this time.
    WorkTold(CallId, ServerId, Duration),
    /// A worker ends its work on a call, which it has begun at this time.
    WorkEnds(CallId, ServerId, Duration),
    /// The lease of a call ends whose worker died.
    LeaseEnds(CallId, ServerId),
    WorkerReturns(ServerId),
    /// A worker that died is no longer listed.
    WorkerForgotten(ServerId),
    ServerAdded,
    ServerRemoved(ServerId),
    ServerDropped(ServerId),
    TaskCancelled,
    JournalFails,
    Drained,
}

/// Incidents by time, those of the same time in order of entry.
#[derive(Default)]
pub(super) struct Agenda {
    incidents: BinaryHeap<Reverse<(Duration, u64, Incident)>>,
    entries: u64,
}

impl Agenda {
    pub(super) fn enter(&mut self, at: Duration, incident: Incident) {
        self.entries += 1;
        self.incidents.push(Reverse((at, self.entries, incident)));
    }

    /// Returns the number of incidents entered so far.
    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    /// Returns the time of the next incident.
    pub(super) fn next_at(&self) -> Option<Duration> {
        self.incidents.peek().map(|Reverse((at, ..))| *at)
    }

    /// Removes the next incident.
    pub(super) fn pop(&mut self) -> Option<(Duration, Incident)> {
        let Reverse((at, _, incident)) = self.incidents.pop()?;
        Some((at, incident))
    }
}
