//! The calls in flight.
//!
//! A call is in flight, and keeps its slot, until it has returned.
//!
//! | state | event | new state |
//! | --- | --- | --- |
//! | none | the call starts | `Awaited` |
//! | `Awaited` | its server no longer responds | `Doubted` |
//! | `Doubted` | its server responds, and is the same instance | `Awaited` |
//! | `Awaited`, `Doubted` | its task has ended, or the call counts as lost | `Cancelled` |
//! | any | it returns | none |
//!
//! A call is at work from its start on, but on a host: there it is so from when a worker has begun
//! it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::ids::{CallId, ServerId, TaskId};
use crate::plan::health::HealthAtStart;

/// Calls that have not returned, found by number and by server.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// In order of starting, since numbers are.
    in_flight: BTreeMap<CallId, InFlight>,
    /// Each server's calls that are not cancelled, in any order.
    by_server: Vec<Vec<CallId>>,
    /// The calls at work that are not cancelled, by when that began.
    at_work: BTreeSet<(Duration, CallId)>,
    next: u64,
    /// Number of awaited calls that are no trials.
    regular: usize,
    /// Number of awaited calls that are trials.
    trials: usize,
}

/// A call that has not returned.
#[derive(Clone, Copy, Debug)]
pub(super) struct InFlight {
    /// Calls are numbered in order of starting.
    pub(super) id: CallId,
    pub(super) task: TaskId,
    pub(super) assignment: Assignment,
    pub(super) kind: CallKind,
    pub(super) started: Duration,
    /// Since when it is at work, if it is.
    pub(super) began: Option<Duration>,
    /// The worker that is at work on it, if it is known.
    pub(super) worker: Option<Assignment>,
    /// The worker whose trial it is, until a worker has begun it.
    pub(super) trial: Option<Assignment>,
    /// A worker was lost with it, or with another call of its task that was given up for that.
    pub(super) has_lost_worker: bool,
    pub(super) state: CallState,
}

impl InFlight {
    /// Returns whom its outcome is about: the worker that had it, or else the server.
    pub(super) fn by(&self) -> Assignment {
        self.worker.unwrap_or(self.assignment)
    }

    /// Returns it as a call whose worker is unknown, since its outcome is about the host.
    pub(super) fn without_worker(self) -> Self {
        Self {
            worker: None,
            ..self
        }
    }

    /// Returns whether it is the trial of its server or of a worker.
    fn is_trial(&self) -> bool {
        let trials = [Some(self.assignment), self.worker, self.trial];
        let mut trials = trials.into_iter().flatten();
        trials.any(|assignment| assignment.health_at_start.trial)
    }
}

/// The server that a call has a slot of, and its health when the call started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Assignment {
    pub(super) server: ServerId,
    pub(super) health_at_start: HealthAtStart,
}

/// The way in which a call was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallKind {
    /// On a free slot, as its task's first call or as a retry.
    Ordinary,
    /// On a server that runs nothing else meanwhile.
    Isolated,
    /// On a second server, since the task is slow.
    Hedge,
}

/// The state of a call in flight, by what is expected of it. The module's table
/// has its transitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallState {
    /// Its answer.
    Awaited,
    /// Perhaps its answer. The task waits for another call too, unless it has
    /// one.
    Doubted,
    /// Its return. Its outcome is discarded.
    Cancelled,
}

impl Calls {
    /// Adds a server without calls.
    pub(super) fn add_server(&mut self) {
        self.by_server.push(Vec::new());
    }

    /// Returns the number of calls in flight.
    pub(super) fn len(&self) -> usize {
        self.in_flight.len()
    }

    /// Returns the number of awaited calls that are no trials.
    pub(super) fn regular(&self) -> usize {
        self.regular
    }

    /// Returns the number of awaited calls.
    pub(super) fn awaited(&self) -> usize {
        self.regular + self.trials
    }

    /// Returns the number of the next call. Every call with this number or a
    /// higher one starts later.
    pub(super) fn next_id(&self) -> CallId {
        CallId::new(self.next)
    }

    /// Adds a call, whose number is that of the next one.
    pub(super) fn start(&mut self, call: InFlight) {
        let id = call.id;
        self.next += 1;
        *self.awaited_like(&call) += 1;
        self.by_server[call.assignment.server.index()].push(id);
        self.at_work.extend(call.began.map(|began| (began, id)));
        self.in_flight.insert(id, call);
    }

    pub(super) fn get(&self, id: CallId) -> Option<&InFlight> {
        self.in_flight.get(&id)
    }

    /// Records who is at work on a call, and since when. Returns it as it was.
    pub(super) fn begin(
        &mut self,
        id: CallId,
        worker: Assignment,
        began: Duration,
    ) -> Option<InFlight> {
        let call = self.in_flight.get_mut(&id)?;
        let before = *call;
        *call = InFlight {
            began: Some(began),
            worker: Some(worker),
            trial: None,
            has_lost_worker: before.has_lost_worker
                || before
                    .worker
                    .is_some_and(|known| known.server != worker.server),
            ..before
        };
        let after = *call;
        if before.state == CallState::Awaited {
            *self.awaited_like(&before) -= 1;
            *self.awaited_like(&after) += 1;
        }
        if before.state != CallState::Cancelled {
            self.end_work(&before);
            self.at_work.insert((began, id));
        }
        Some(before)
    }

    /// Records that the worker of a call is at work on it no more. Returns it as it was.
    pub(super) fn lose_worker(&mut self, id: CallId) -> Option<InFlight> {
        let call = self.in_flight.get_mut(&id)?;
        let before = *call;
        *call = InFlight {
            began: None,
            has_lost_worker: true,
            ..before.without_worker()
        };
        let after = *call;
        if before.state == CallState::Awaited {
            *self.awaited_like(&before) -= 1;
            *self.awaited_like(&after) += 1;
        }
        if before.state != CallState::Cancelled {
            self.end_work(&before);
        }
        Some(before)
    }

    /// Records that a call may end its workers, as another call of its task has.
    pub(super) fn mark_lost_worker(&mut self, id: CallId) {
        if let Some(call) = self.in_flight.get_mut(&id) {
            call.has_lost_worker = true;
        }
    }

    fn end_work(&mut self, call: &InFlight) {
        if let Some(began) = call.began {
            self.at_work.remove(&(began, call.id));
        }
    }

    /// Removes a call that has returned, and returns it as it was.
    pub(super) fn end(&mut self, id: CallId) -> Option<InFlight> {
        let ended = self.in_flight.remove(&id)?;
        self.no_longer_awaited(id, &ended);
        Some(ended)
    }

    /// Cancels a call, and returns it as it was. Returns `None` if it was
    /// cancelled before.
    pub(super) fn cancel(&mut self, id: CallId) -> Option<InFlight> {
        let call = self.in_flight.get_mut(&id)?;
        let before = *call;
        call.state = CallState::Cancelled;
        self.no_longer_awaited(id, &before);
        (before.state != CallState::Cancelled).then_some(before)
    }

    /// Doubts an awaited call, and returns its task. Returns `None` for others.
    pub(super) fn doubt(&mut self, id: CallId) -> Option<TaskId> {
        let call = self.in_flight.get_mut(&id)?;
        if call.state != CallState::Awaited {
            return None;
        }
        call.state = CallState::Doubted;
        let call = *call;
        *self.awaited_like(&call) -= 1;
        Some(call.task)
    }

    /// Awaits a doubted call again, and returns its task. Returns `None` for
    /// others.
    pub(super) fn trust(&mut self, id: CallId) -> Option<TaskId> {
        let call = self.in_flight.get_mut(&id)?;
        if call.state != CallState::Doubted {
            return None;
        }
        call.state = CallState::Awaited;
        let call = *call;
        *self.awaited_like(&call) += 1;
        Some(call.task)
    }

    /// Returns the server's calls that are not cancelled, in any order.
    pub(super) fn on_server(&self, server: ServerId) -> &[CallId] {
        &self.by_server[server.index()]
    }

    /// Returns the call that has been at work for longest, and since when, among those that are
    /// not cancelled.
    pub(super) fn oldest_at_work(&self) -> Option<(CallId, Duration)> {
        self.at_work.first().map(|&(began, call)| (call, began))
    }

    /// Returns whether every call on the server that is not cancelled is at work.
    pub(super) fn all_at_work(&self, server: ServerId) -> bool {
        let mut calls = self.on_server(server).iter();
        calls.all(|&id| self.get(id).is_none_or(|call| call.began.is_some()))
    }

    /// Returns when the oldest of the server's calls that are not cancelled
    /// started.
    pub(super) fn oldest_start(&self, server: ServerId) -> Option<Duration> {
        let calls = self.on_server(server).iter();
        calls.filter_map(|&id| Some(self.get(id)?.started)).min()
    }

    /// Returns the calls that are not cancelled, in order of starting.
    pub(super) fn wanted(&self) -> impl Iterator<Item = (CallId, &InFlight)> {
        let calls = self.in_flight.iter();
        let wanted = calls.filter(|(_, call)| call.state != CallState::Cancelled);
        wanted.map(|(&id, call)| (id, call))
    }

    /// Keeps the counts and lists in step when a call in state `before` returns
    /// or is cancelled.
    fn no_longer_awaited(&mut self, id: CallId, before: &InFlight) {
        if before.state == CallState::Awaited {
            *self.awaited_like(before) -= 1;
        }
        if before.state != CallState::Cancelled {
            self.end_work(before);
            let calls = &mut self.by_server[before.assignment.server.index()];
            if let Some(at) = calls.iter().position(|&other| other == id) {
                calls.swap_remove(at);
            }
        }
    }

    /// Returns the count of awaited calls that this one belongs to.
    fn awaited_like(&mut self, call: &InFlight) -> &mut usize {
        match call.is_trial() {
            true => &mut self.trials,
            false => &mut self.regular,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::event::{Role, ServerConfig};
    use crate::plan::health::Health;

    fn start(calls: &mut Calls, task: u64, started: u64) -> CallId {
        let mut health = Health::new(1);
        let server = health.add_server(ServerConfig {
            slots: 1,
            learns_slots: false,
            has_status: false,
            reserve: false,
            role: Role::Server,
        });
        let id = calls.next_id();
        calls.start(InFlight {
            id,
            task: TaskId::new(task),
            assignment: Assignment {
                server,
                health_at_start: health.call_started(server),
            },
            kind: CallKind::Ordinary,
            started: Duration::from_secs(started),
            began: Some(Duration::from_secs(started)),
            worker: None,
            trial: None,
            has_lost_worker: false,
            state: CallState::Awaited,
        });
        id
    }

    #[test]
    fn a_call_goes_through_its_states() {
        let mut calls = Calls::default();
        calls.add_server();
        let server = ServerId::new(0);
        let (first, second) = (start(&mut calls, 4, 1), start(&mut calls, 5, 2));
        assert_eq!((calls.awaited(), calls.regular(), calls.len()), (2, 2, 2));
        assert_eq!(calls.doubt(first), Some(TaskId::new(4)));
        assert_eq!(calls.doubt(first), None, "it is doubted already");
        assert_eq!(calls.trust(second), None, "it is not doubted");
        assert_eq!(calls.awaited(), 1);
        assert_eq!(calls.trust(first), Some(TaskId::new(4)));
        assert_eq!(calls.awaited(), 2);
        assert_eq!(calls.oldest_start(server), Some(Duration::from_secs(1)));
        assert!(
            calls
                .cancel(first)
                .is_some_and(|c| c.state == CallState::Awaited)
        );
        assert!(calls.cancel(first).is_none(), "it is cancelled once");
        assert_eq!((calls.doubt(first), calls.trust(first)), (None, None));
        assert_eq!(calls.on_server(server), [second]);
        let wanted: Vec<CallId> = calls.wanted().map(|(id, _)| id).collect();
        assert_eq!(wanted, [second]);
        assert_eq!((calls.awaited(), calls.len()), (1, 2));
        assert!(
            calls
                .end(first)
                .is_some_and(|c| c.state == CallState::Cancelled)
        );
        assert!(calls.end(first).is_none(), "it returns once");
        assert!(
            calls
                .end(second)
                .is_some_and(|c| c.state == CallState::Awaited)
        );
        assert_eq!((calls.awaited(), calls.len()), (0, 0));
        assert_eq!(calls.oldest_start(server), None);
    }
}
