//! A host of a virtual world: a queue, from which workers take calls as in docs/engine.md.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::{CallId, ServerId, TaskId};
use crate::plan::event::{Event, Role, ServerConfig};
use crate::sim::agenda::Incident;
use crate::sim::fate::Fate;
use crate::sim::troubles::Flaw;
use crate::sim::virtual_server::VirtualServer;
use crate::sim::world::World;

/// The time after which another worker takes the calls of one that has died.
const LEASE: Duration = Duration::from_secs(3);
/// The time after which a worker that has died is no longer listed.
const LISTED: Duration = Duration::from_secs(9);
/// Number of workers with which a call is lost at least before it is given up.
const LEAST_LOST: usize = 3;

/// The calls of a host, and its workers.
pub(super) struct Queue {
    pub(super) host: ServerId,
    pub(super) listed: Vec<ServerId>,
    /// The worker that a worker was before it started again.
    machines: BTreeMap<ServerId, ServerId>,
    pub(super) waiting: Vec<Entry>,
    pub(super) working: BTreeMap<CallId, Work>,
    /// The calls whose workers have died.
    orphans: BTreeMap<CallId, Entry>,
    /// It tells who was lost with a call or is unfit for it, and has a call that was lost with two
    /// workers run alone.
    pub(super) tells: bool,
    /// The worker that ends its calls, to take one alone.
    pub(super) chosen: Option<ServerId>,
}

pub(super) struct Entry {
    call: CallId,
    task: TaskId,
    avoid: Vec<ServerId>,
    /// The machine of each worker that has died with it.
    lost: Vec<ServerId>,
    /// The workers that were lost with it or are unfit for it, on a queue that tells.
    pub(super) fate: Fate,
}

pub(super) struct Work {
    pub(super) entry: Entry,
    pub(super) worker: ServerId,
    began: Duration,
    told: bool,
}

impl Queue {
    pub(super) fn new(host: ServerId, workers: Vec<ServerId>) -> Self {
        Self {
            host,
            machines: workers.iter().map(|&worker| (worker, worker)).collect(),
            listed: workers,
            waiting: Vec::new(),
            working: BTreeMap::new(),
            orphans: BTreeMap::new(),
            tells: false,
            chosen: None,
        }
    }

    /// Forgets a call that has returned.
    pub(super) fn forget(&mut self, call: CallId) {
        self.waiting.retain(|entry| entry.call != call);
        self.working.remove(&call);
        self.orphans.remove(&call);
    }

    /// Returns whether a worker may take a call: it is fit, it is not to be avoided, and the call
    /// was not lost on its machine; or that is so of none.
    pub(super) fn may_take(&self, entry: &Entry, worker: ServerId) -> bool {
        let avoids = |worker: &ServerId| {
            entry.avoid.contains(worker) || entry.lost.contains(&self.machines[worker])
        };
        let is_out = |worker: &ServerId| avoids(worker) || entry.fate.is_unfit(*worker);
        !entry.fate.is_unfit(worker) && (!avoids(&worker) || self.listed.iter().all(is_out))
    }

    /// Returns whether a call is given up: it was lost on three machines, or on each that is
    /// there.
    fn is_given_up(&self, entry: &Entry) -> bool {
        if self.tells {
            return entry.lost.len() >= LEAST_LOST;
        }
        let machines: BTreeSet<&ServerId> = entry.lost.iter().collect();
        let mut listed = self.listed.iter().map(|worker| &self.machines[worker]);
        let is_everywhere = machines.len() >= LEAST_LOST || listed.all(|at| machines.contains(at));
        entry.lost.len() >= LEAST_LOST && is_everywhere
    }

    /// Returns the work on a call that a worker has begun at this time, if it goes on.
    pub(super) fn work(
        &mut self,
        call: CallId,
        worker: ServerId,
        began: Duration,
    ) -> Option<&mut Work> {
        let work = self.working.get_mut(&call)?;
        (work.worker == worker && work.began == began).then_some(work)
    }
}

impl World {
    /// Adds the scenario's host and workers, if it has any.
    pub(super) fn queue_of(servers: &mut Vec<VirtualServer>, slots: &[usize]) -> Option<Queue> {
        if slots.is_empty() {
            return None;
        }
        let host = ServerId::new(servers.len());
        let window = (2 * slots.iter().sum::<usize>()).max(16);
        servers.push(VirtualServer::with_role(window, Role::Host));
        let workers: Vec<ServerId> = slots
            .iter()
            .map(|&slots| {
                servers.push(VirtualServer::with_role(slots, Role::Worker(host)));
                ServerId::new(servers.len() - 1)
            })
            .collect();
        Some(Queue::new(host, workers))
    }

    /// Puts a call on the queue. Returns false if it is one of another server.
    pub(super) fn submit(&mut self, task: TaskId, call: CallId, server: ServerId) -> bool {
        let avoid = self.plan.workers_to_avoid(call);
        let Some(queue) = self.queue.as_mut().filter(|queue| queue.host == server) else {
            return false;
        };
        self.calls.insert(call, (server, Ok(())));
        queue.waiting.push(Entry {
            call,
            task,
            avoid,
            lost: Vec::new(),
            fate: Fate::default(),
        });
        true
    }

    /// Has idle workers take the calls that wait.
    pub(super) fn dispatch(&mut self) {
        while let Some((worker, at)) = self.next_work() {
            let Some(queue) = &mut self.queue else { return };
            let entry = queue.waiting.remove(at);
            match self.is_unfit(worker, entry.task) {
                true => self.give_back_unfit(worker, entry),
                false => self.begin_work(worker, entry),
            }
        }
        self.choose_worker();
    }

    fn next_work(&mut self) -> Option<(ServerId, usize)> {
        let queue = self
            .queue
            .as_ref()
            .filter(|queue| !queue.waiting.is_empty())?;
        let at_work = |worker: ServerId| {
            let works = queue.working.values();
            works.filter(|work| work.worker == worker).count()
        };
        let is_idle = |&&worker: &&ServerId| {
            let server = &self.servers[worker.index()];
            server.alive && at_work(worker) < server.true_slots && !queue.is_alone(worker)
        };
        let idle: Vec<ServerId> = queue.listed.iter().filter(is_idle).copied().collect();
        let found: Vec<(ServerId, usize)> = idle
            .into_iter()
            .filter_map(|worker| {
                let mut waiting = queue.waiting.iter();
                let at = waiting.position(|entry| {
                    queue.may_take(entry, worker) && queue.has_room_for(entry, worker)
                })?;
                Some((worker, at))
            })
            .collect();
        let drawn = self.random.below(found.len().max(1) as u64) as usize;
        found.get(drawn).copied()
    }

    fn begin_work(&mut self, worker: ServerId, entry: Entry) {
        let (call, task) = (entry.call, entry.task);
        let taken = self.servers[worker.index()].calls;
        self.servers[worker.index()].calls += 1;
        let flaw = self.scenario.troubles.flaw(worker);
        let troubles = &self.scenario.troubles;
        let flawed = troubles.flawed_call(worker, task, taken, &mut self.random);
        let drawn = self.draw_duration();
        let dies = matches!(flaw, Some(Flaw::Crashes)) || self.scenario.is_poison(task);
        let (after, outcome) = match (flaw, flawed, self.scenario.bad_task(task)) {
            (_, Some(kind), _) => (Duration::from_millis(1), Err(kind)),
            (_, None, Some(kind)) => (drawn, Err(kind)),
            (Some(Flaw::Slow(times)), None, None) => (drawn * times, Ok(())),
            (_, None, None) => (drawn, Ok(())),
        };
        let Some(queue) = &mut self.queue else { return };
        queue.note_taken(worker, &entry);
        self.calls.insert(call, (queue.host, outcome));
        let began = self.now;
        let work = Work {
            entry,
            worker,
            began,
            told: false,
        };
        queue.working.insert(call, work);
        let told = Duration::from_millis(self.random.below(500));
        self.agenda
            .enter(self.now + told, Incident::WorkTold(call, worker, began));
        let end = match dies {
            true => Incident::Dies(worker),
            false => Incident::WorkEnds(call, worker, began),
        };
        self.agenda.enter(self.now + after, end);
    }

    /// Has a worker say that no worker can do a call. It has not begun that.
    pub(super) fn commit_unfit(&mut self, worker: ServerId, entry: Entry) {
        let (call, began) = (entry.call, self.now);
        let Some(queue) = &mut self.queue else { return };
        self.calls
            .insert(call, (queue.host, Err(ErrorKind::GivenUp)));
        let work = Work {
            entry,
            worker,
            began,
            told: true,
        };
        queue.working.insert(call, work);
        let at = self.now + Duration::from_millis(1);
        self.agenda
            .enter(at, Incident::WorkEnds(call, worker, began));
    }

    /// Tells who is at work on a call, once.
    pub(super) fn work_told(
        &mut self,
        call: CallId,
        worker: ServerId,
        began: Duration,
    ) -> Option<Event> {
        let work = self.queue.as_mut()?.work(call, worker, began)?;
        if let Some(lost) = work.entry.fate.next_lost() {
            // Those that were lost with it are told before the one that has it.
            let told = Incident::WorkTold(call, worker, began);
            self.agenda.enter(self.now, told);
            return Some(Event::WorkerLost { call, worker: lost });
        }
        let is_new = !std::mem::replace(&mut work.told, true);
        is_new.then(|| Event::CallBegan {
            call,
            worker,
            at_work: self.now - began,
        })
    }

    /// Ends the work on a call. Its worker is told first.
    pub(super) fn work_ends(
        &mut self,
        call: CallId,
        worker: ServerId,
        began: Duration,
    ) -> Option<Event> {
        self.queue.as_mut()?.work(call, worker, began)?;
        if let Some(told) = self.work_told(call, worker, began) {
            self.agenda
                .enter(self.now, Incident::WorkEnds(call, worker, began));
            return Some(told);
        }
        if let Some(unfit) = self.next_unfit(call, worker, began) {
            return Some(unfit);
        }
        self.end_call(call)
    }

    pub(super) fn end_call(&mut self, call: CallId) -> Option<Event> {
        let (_, outcome) = self.calls.remove(&call)?;
        self.queue.as_mut()?.forget(call);
        Some(Event::CallReturned { call, outcome })
    }

    /// Has a worker die. A supervisor starts it again, under another name.
    pub(super) fn worker_dies(&mut self, worker: ServerId) {
        let Some(queue) = &mut self.queue else { return };
        if !std::mem::replace(&mut self.servers[worker.index()].alive, false) {
            return;
        }
        queue.chosen = queue.chosen.filter(|&chosen| chosen != worker);
        let machine = queue.machines[&worker];
        let works = queue.working.iter();
        let works = works.filter(|(_, work)| work.worker == worker);
        let calls: Vec<CallId> = works.map(|(&call, _)| call).collect();
        for call in calls {
            let Some(Work { mut entry, .. }) = queue.working.remove(&call) else {
                continue;
            };
            entry.lost.push(machine);
            if queue.tells {
                entry.fate.note_lost(worker);
                if self.scenario.is_poison(entry.task) {
                    *self.kills.entry(entry.task).or_default() += 1;
                }
            }
            queue.orphans.insert(call, entry);
            self.agenda
                .enter(self.now + LEASE, Incident::LeaseEnds(call, worker));
        }
        let back = Duration::from_millis(self.random.below(3000));
        self.agenda
            .enter(self.now + back, Incident::WorkerReturns(worker));
        self.agenda
            .enter(self.now + LISTED, Incident::WorkerForgotten(worker));
    }

    /// Puts a call back on the queue whose worker has died, or gives it up.
    pub(super) fn lease_ends(&mut self, call: CallId) -> Option<Event> {
        let queue = self.queue.as_mut()?;
        let mut entry = queue.orphans.remove(&call)?;
        if queue.is_given_up(&entry) {
            if let Some(lost) = entry.fate.next_lost() {
                queue.orphans.insert(call, entry);
                self.agenda.enter(self.now, Incident::LeaseEnds(call, lost));
                return Some(Event::WorkerLost { call, worker: lost });
            }
            self.calls
                .insert(call, (queue.host, Err(ErrorKind::GivenUp)));
            return self.end_call(call);
        }
        queue.waiting.insert(0, entry);
        None
    }

    /// Has a worker that has died start again.
    pub(super) fn worker_returns(&mut self, worker: ServerId) -> Option<Event> {
        let queue = self.queue.as_mut()?;
        let id = ServerId::new(self.servers.len());
        let returned = VirtualServer {
            alive: true,
            calls: 0,
            ..self.servers[worker.index()].clone()
        };
        let config: ServerConfig = returned.config;
        queue.listed.push(id);
        let machine = queue.machines[&worker];
        queue.machines.insert(id, machine);
        self.servers.push(returned);
        if let Some(flaw) = self.scenario.troubles.flaw(worker) {
            self.scenario.troubles.flaws.push((id.index(), flaw));
        }
        Some(Event::ServerAdded { config })
    }

    /// Has a worker that has died vanish from the list.
    pub(super) fn worker_forgotten(&mut self, worker: ServerId) -> Option<Event> {
        let queue = self.queue.as_mut()?;
        queue.listed.retain(|&listed| listed != worker);
        Some(Event::ServerRemoved { server: worker })
    }
}
