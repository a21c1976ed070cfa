//! The calls in flight.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::server::Seat;
use crate::ids::ServerId;
use crate::{CallId, TaskId};

/// Calls that have not returned, in order of starting, and which of them a
/// hedge may be for.
#[derive(Debug, Default)]
pub(super) struct Calls {
    all: BTreeMap<CallId, InFlight>,
    next: u64,
    /// Those that are the one hope of their task.
    alone: BTreeSet<CallId>,
    /// Calls whose answers are awaited, and that are no trials.
    pub(super) steady: usize,
    /// Trials whose answers are awaited.
    pub(super) trials: usize,
}

/// A call that has not returned. It keeps its slot until then.
#[derive(Clone, Copy, Debug)]
pub(super) struct InFlight {
    pub(super) task: TaskId,
    pub(super) seat: Seat,
    pub(super) started: Duration,
    pub(super) hedge: bool,
    pub(super) state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Its answer is awaited.
    Awaited,
    /// Its server says nothing: the task is not left to it alone.
    Doubted,
    /// It was cancelled: whatever it brings is thrown away.
    Draining,
}

impl Calls {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn next_id(&self) -> CallId {
        CallId::new(self.next)
    }

    pub(super) fn start(&mut self, call: InFlight) {
        let id = self.next_id();
        self.next += 1;
        *self.tally(call) += 1;
        self.all.insert(id, call);
    }

    pub(super) fn get(&self, id: CallId) -> Option<&InFlight> {
        self.all.get(&id)
    }

    /// The call has returned.
    pub(super) fn end(&mut self, id: CallId) -> Option<InFlight> {
        let state = self.set(id, State::Draining)?;
        let ended = self.all.remove(&id)?;
        Some(InFlight { state, ..ended })
    }

    /// Changes what the call is worth: what it was before.
    pub(super) fn set(&mut self, id: CallId, state: State) -> Option<State> {
        let call = self.all.get_mut(&id)?;
        let before = std::mem::replace(&mut call.state, state);
        let call = *call;
        if before == State::Awaited {
            *self.tally(call) -= 1;
        }
        if state == State::Awaited {
            *self.tally(call) += 1;
        } else {
            self.alone.remove(&id);
        }
        Some(before)
    }

    /// Whether the call is the one hope of its task.
    pub(super) fn set_alone(&mut self, id: CallId, alone: bool) {
        match alone {
            true => self.alone.insert(id),
            false => self.alone.remove(&id),
        };
    }

    /// The calls that a hedge may be for, the oldest first.
    pub(super) fn alone(&self) -> impl Iterator<Item = (CallId, &InFlight)> {
        self.alone
            .iter()
            .filter_map(|&id| Some((id, self.all.get(&id)?)))
    }

    /// The oldest call whose answer is wanted.
    pub(super) fn oldest(&self) -> Option<(CallId, &InFlight)> {
        let mut wanted = self.all.iter().filter(|(_, c)| c.state != State::Draining);
        wanted.next().map(|(&id, call)| (id, call))
    }

    /// Those whose answers are wanted, and their servers.
    pub(super) fn wanted(&self) -> Vec<(CallId, ServerId)> {
        let wanted = self.all.iter().filter(|(_, c)| c.state != State::Draining);
        wanted.map(|(&id, call)| (id, call.seat.server)).collect()
    }

    fn tally(&mut self, call: InFlight) -> &mut usize {
        match call.seat.trial {
            true => &mut self.trials,
            false => &mut self.steady,
        }
    }
}
