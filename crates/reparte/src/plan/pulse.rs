//! When a server is asked how it is, and what its answers and silences are
//! worth.
//!
//! One that has said how it is (ours) is asked every second, and has hung when
//! it says nothing for two. One that can only be reached (Python's, which
//! computes and accepts in one thread) is asked when a call there takes long,
//! at growing distances, and a few times at most: until it accepts again each
//! question takes a place in its queue of connections, which is short.

use std::time::Duration;

use crate::plan::event::{ServerConfig, ServerStatus};

/// From one question to the next.
pub(super) const BEAT: Duration = Duration::from_secs(1);
/// How long an answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// How often a server that says nothing is asked whether it would, if it
/// answers calls meanwhile.
const HINTS: u8 = 3;
/// How often a server that can only be reached is asked before it answers a
/// call: Python's has a queue of 5.
const DOUBTS: u32 = 4;

/// What a server's answers have shown it to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kin {
    /// It has not been asked, or not answered yet.
    Unknown,
    /// It has left so many questions without an answer, though not without
    /// answering calls.
    Silent(u8),
    /// It can be reached, and says no more.
    Foreign,
    /// It says how it is.
    Ours { instance: u64 },
}

#[derive(Clone, Debug)]
pub(super) struct Pulses {
    pub(super) kin: Kin,
    learns_slots: bool,
    has_status: bool,
    /// When the question whose answer is awaited was asked.
    asked: Option<Duration>,
    ask_at: Option<Duration>,
    overdue_at: Option<Duration>,
    /// Since when it is known to be the instance that it is.
    pub(super) since: Duration,
    /// When it last answered a question.
    pub(super) heard: Duration,
    /// Questions to a shy server since it last answered a call.
    doubts: u32,
}

impl Pulses {
    pub(super) fn new(site: ServerConfig, now: Duration) -> Self {
        Self {
            kin: Kin::Unknown,
            learns_slots: site.learns_slots,
            has_status: site.has_status,
            asked: None,
            ask_at: site.has_status.then_some(now),
            overdue_at: None,
            since: now,
            heard: now,
            doubts: 0,
        }
    }

    pub(super) fn has_status(&self) -> bool {
        self.has_status
    }

    pub(super) fn timers(&self) -> [Option<Duration>; 2] {
        [self.ask_at, self.overdue_at]
    }

    pub(super) fn ask_at(&mut self, at: Duration) {
        if self.has_status {
            self.ask_at = Some(at);
        }
    }

    /// Whether it is time to ask. While an answer is awaited its coming
    /// decides when to ask again.
    pub(super) fn take_question(&mut self, now: Duration) -> bool {
        let is_time = self.ask_at.is_some_and(|at| at <= now);
        if is_time {
            self.ask_at = None;
        }
        is_time && self.asked.is_none()
    }

    /// It is being asked.
    pub(super) fn ask(&mut self, now: Duration) {
        self.asked = Some(now);
        self.overdue_at = now.checked_add(PATIENCE);
    }

    /// Whether an answer has become overdue.
    pub(super) fn take_overdue(&mut self, now: Duration) -> bool {
        let overdue = self.overdue_at.is_some_and(|at| at <= now);
        if overdue {
            self.overdue_at = None;
        }
        overdue
    }

    /// The answer is there: when the question was asked.
    pub(super) fn answered(&mut self) -> Option<Duration> {
        self.overdue_at = None;
        self.asked.take()
    }

    /// It has said how it is: whether it has been started anew, and its slots,
    /// if they are to be learnt.
    pub(super) fn said(&mut self, pulse: ServerStatus, now: Duration) -> (bool, Option<usize>) {
        self.heard = now;
        let instance = pulse.instance;
        let restarted = matches!(self.kin, Kin::Ours { instance: before } if before != instance);
        if self.kin != (Kin::Ours { instance }) {
            self.kin = Kin::Ours { instance };
            self.since = now;
        }
        let slots = (self.learns_slots && pulse.slots > 0).then_some(pulse.slots);
        (restarted, slots)
    }

    /// It has not answered in time, at its first questions.
    pub(super) fn silent(&mut self) {
        self.kin = match self.kin {
            Kin::Unknown => Kin::Silent(1),
            Kin::Silent(times) => Kin::Silent(times.saturating_add(1)),
            kin @ (Kin::Foreign | Kin::Ours { .. }) => kin,
        };
    }

    /// It has answered a call.
    pub(super) fn worked(&mut self, now: Duration) {
        self.doubts = 0;
        let hint = matches!(self.kin, Kin::Silent(times) if times < HINTS);
        if hint && self.asked.is_none() {
            let soon = now.checked_add(BEAT);
            self.ask_at = [self.ask_at, soon].into_iter().flatten().min();
        }
    }

    /// Whether it is only asked when there is reason to.
    pub(super) fn is_shy(&self) -> bool {
        matches!(self.kin, Kin::Foreign | Kin::Silent(_))
    }

    /// A call has started on a shy server: it is asked if that takes
    /// longer than `long`.
    pub(super) fn started(&mut self, now: Duration, long: Duration) {
        if self.is_shy() && self.doubts < DOUBTS && self.ask_at.is_none() && self.asked.is_none() {
            self.ask_at = now.checked_add(long);
        }
    }

    /// When to ask a shy server whose oldest call started then, given how
    /// long is long.
    pub(super) fn doubt_at(&self, oldest: Duration, long: Duration) -> Duration {
        oldest.saturating_add(long * (1_u32 << self.doubts.min(DOUBTS)))
    }

    /// A shy server is to be asked since a call takes long: false if that has
    /// been done often enough.
    pub(super) fn doubt(&mut self) -> bool {
        self.doubts = self.doubts.saturating_add(1);
        self.doubts <= DOUBTS
    }
}
