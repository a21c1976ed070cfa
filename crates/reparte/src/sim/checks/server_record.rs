//! A server as the checks know it, from events and actions alone.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::ids::CallId;
use crate::plan::event::{Role, ServerConfig};

/// The record of one server.
pub(super) struct ServerRecord {
    pub(super) slots: usize,
    /// Number of calls that have not returned.
    pub(super) running: usize,
    pub(super) state: State,
    /// Time since which it is up, or is not.
    pub(super) since: Duration,
    /// Number of times that it was set aside.
    pub(super) asides: u32,
    /// It takes no call of this client.
    pub(super) refused: bool,
    /// Until when it may have room for fewer calls than it has slots.
    pub(super) limited_until: Duration,
    /// It has given a result or a fault.
    pub(super) has_answered: bool,
    /// It is, or was, in reserve.
    pub(super) reserve: bool,
    pub(super) role: Role,
    /// The calls started since it was set aside that have not returned.
    pub(super) trials: BTreeSet<CallId>,
    /// It gets no calls, since it has not enough time left.
    pub(super) is_ending: bool,
    /// Its time is over, as it had said.
    pub(super) has_ended: bool,
}

/// The state that the actions say a server has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Up,
    Aside(Duration),
    Out,
    Reserve,
    Alias,
}

impl ServerRecord {
    pub(super) fn new(config: ServerConfig) -> Self {
        Self {
            slots: config.slots,
            running: 0,
            state: match config.reserve {
                true => State::Reserve,
                false => State::Up,
            },
            since: Duration::ZERO,
            asides: 0,
            refused: false,
            limited_until: Duration::ZERO,
            has_answered: false,
            reserve: config.reserve,
            role: config.role,
            trials: BTreeSet::new(),
            is_ending: false,
            has_ended: false,
        }
    }

    /// Records that it has refused a call as busy. It may have room for one call alone, for
    /// two after a pause, for four after another one, and so on.
    pub(super) fn refuses(&mut self, pause: Duration, now: Duration) {
        let pause = pause.max(Duration::from_secs(1));
        // Its status may say that it has a few slots more.
        let doublings = (self.slots + 4).ilog2() + 1;
        if pause <= Duration::from_secs(4) {
            self.limited_until = now + doublings * pause;
        }
    }

    /// Returns the number of calls that it takes at a time at least.
    pub(super) fn room(&self, now: Duration) -> usize {
        match now < self.limited_until {
            true => 1,
            false => self.slots,
        }
    }

    pub(super) fn set_state(&mut self, state: State, now: Duration) {
        if !matches!((self.state, state), (State::Aside(_), State::Aside(_))) {
            self.since = now;
        }
        self.asides += u32::from(matches!(state, State::Aside(_)));
        self.state = state;
    }
}
