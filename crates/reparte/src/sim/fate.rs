//! The fate of a call on a virtual queue that tells: the workers that were lost with it, or are unfit
//! for it, and its turn alone.

use std::time::Duration;

use crate::ids::{CallId, ServerId, TaskId};
use crate::plan::event::Event;
use crate::sim::agenda::Incident;
use crate::sim::queue::{Entry, Queue};
use crate::sim::troubles::Flaw;
use crate::sim::world::World;

/// Number of workers that are unfit for a call before it is given up.
const MOST_UNFIT: usize = 3;
/// Number of workers that were lost with a call that is to run alone.
const ALONE_AFTER: usize = 2;

/// The workers that were lost with a call, or are unfit for it.
#[derive(Default)]
pub(super) struct Fate {
    lost: Vec<ServerId>,
    /// Number of these that the plan knows.
    lost_told: usize,
    unfit: Vec<ServerId>,
    unfit_told: usize,
}

impl Fate {
    pub(super) fn note_lost(&mut self, worker: ServerId) {
        self.lost.push(worker);
    }

    /// Returns the next lost worker that the plan is to know.
    pub(super) fn next_lost(&mut self) -> Option<ServerId> {
        let next = self.lost.get(self.lost_told).copied()?;
        self.lost_told += 1;
        Some(next)
    }

    pub(super) fn is_unfit(&self, worker: ServerId) -> bool {
        self.unfit.contains(&worker)
    }

    fn is_suspect(&self) -> bool {
        self.lost.len() == ALONE_AFTER
    }
}

impl Queue {
    /// Returns whether a worker has a call alone: it takes no other.
    pub(super) fn is_alone(&self, worker: ServerId) -> bool {
        let mut works = self.working.values();
        works.any(|work| work.worker == worker && work.entry.fate.is_suspect())
    }

    /// Returns whether a worker that is idle may have a call: one that runs alone needs all of it.
    pub(super) fn has_room_for(&self, entry: &Entry, worker: ServerId) -> bool {
        match entry.fate.is_suspect() {
            true => self.working.values().all(|work| work.worker != worker),
            false => self.chosen != Some(worker),
        }
    }

    /// Notes that a worker has taken a call.
    pub(super) fn note_taken(&mut self, worker: ServerId, entry: &Entry) {
        if entry.fate.is_suspect() && self.chosen == Some(worker) {
            self.chosen = None;
        }
    }
}

impl World {
    /// Chooses a worker to end its calls, if a call waits to run alone.
    pub(super) fn choose_worker(&mut self) {
        let Some(queue) = &mut self.queue else { return };
        let mut suspects = queue.waiting.iter().filter(|entry| entry.fate.is_suspect());
        let servers = &self.servers;
        let may_take = |entry: &Entry, worker: ServerId| {
            servers[worker.index()].alive && queue.may_take(entry, worker)
        };
        let chosen = match queue.chosen {
            Some(chosen) if suspects.clone().any(|of| may_take(of, chosen)) => Some(chosen),
            _ => suspects.find_map(|entry| {
                let mut workers = queue.listed.iter().copied();
                workers.find(|&worker| may_take(entry, worker))
            }),
        };
        queue.chosen = chosen;
    }

    /// Returns whether a worker can't do a task.
    pub(super) fn is_unfit(&self, worker: ServerId, task: TaskId) -> bool {
        let flaw = self.scenario.troubles.flaw(worker);
        matches!(flaw, Some(Flaw::Unfit(every)) if task.index().is_multiple_of(every))
    }

    /// Has a worker give back a call that it can't do. It is given up where all others have done so.
    pub(super) fn give_back_unfit(&mut self, worker: ServerId, mut entry: Entry) {
        let Some(queue) = &self.queue else { return };
        entry.fate.unfit.push(worker);
        let all = queue
            .listed
            .iter()
            .all(|&listed| entry.fate.is_unfit(listed));
        if entry.fate.unfit.len() < MOST_UNFIT && !all {
            if let Some(queue) = &mut self.queue {
                queue.waiting.insert(0, entry);
            }
            return;
        }
        self.commit_unfit(worker, entry);
    }

    /// Returns that a worker is unfit for a call that ends, as long as the plan does not know it.
    pub(super) fn next_unfit(
        &mut self,
        call: CallId,
        worker: ServerId,
        began: Duration,
    ) -> Option<Event> {
        let work = self.queue.as_mut()?.work(call, worker, began)?;
        let fate = &mut work.entry.fate;
        let unfit = fate.unfit.get(fate.unfit_told).copied()?;
        fate.unfit_told += 1;
        self.agenda
            .enter(self.now, Incident::WorkEnds(call, worker, began));
        Some(Event::WorkerUnfit {
            call,
            worker: unfit,
        })
    }
}
