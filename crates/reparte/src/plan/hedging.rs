//! The hedges: second calls of slow tasks.
//!
//! While nothing waits and a slot is idle, the slowest task gets a second call
//! on another server. A task can be hedged while it has exactly one call in
//! flight, whose answer is awaited.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::ids::CallId;

/// Time for which a slot is idle before it takes a hedge. A sender that waits for a
/// slot sends its next task within that time.
const IDLE: Duration = Duration::from_millis(20);
/// A task is slow when it has run for this many times the median,
const SLOW_MEDIANS: u32 = 2;
/// and at least for this long,
const SLOW_LEAST: Duration = Duration::from_secs(1);
/// or for this long while there is no median.
const SLOW_WITHOUT_MEDIAN: Duration = Duration::from_secs(30);

/// The calls whose tasks can be hedged, and the clock of idle slots.
#[derive(Debug)]
pub(super) struct Hedging {
    enabled: bool,
    /// Calls that are the only ones of their tasks, in order of starting.
    candidates: BTreeSet<CallId>,
    /// Time since which nothing waits and a slot is idle.
    idle_since: Option<Duration>,
    hedge_at: Option<Duration>,
}

/// Returns how long a call runs before its task is slow.
pub(super) fn slow_after(median: Option<Duration>) -> Duration {
    match median {
        Some(median) => median.saturating_mul(SLOW_MEDIANS).max(SLOW_LEAST),
        None => SLOW_WITHOUT_MEDIAN,
    }
}

/// Returns whether a second call of a task does no harm, given its
/// [`deaths`](super::suspects::Suspects::deaths). A task that was running at a
/// server's death may kill the next one. It is hedged at the first death only,
/// and only where its server would not say that it hangs.
pub(super) fn is_harmless(deaths: usize, server_reports_status: bool) -> bool {
    match deaths {
        0 => true,
        1 => !server_reports_status,
        _ => false,
    }
}

impl Hedging {
    pub(super) fn new(enabled: bool) -> Self {
        Self {
            enabled,
            candidates: BTreeSet::new(),
            idle_since: None,
            hedge_at: None,
        }
    }

    /// Returns the time at which the next hedge is due, as of the last event.
    pub(super) fn hedge_at(&self) -> Option<Duration> {
        self.hedge_at
    }

    /// Clears the time of the next hedge.
    pub(super) fn clear_hedge(&mut self) {
        self.hedge_at = None;
    }

    /// Sets whether the call's task can be hedged.
    pub(super) fn set_candidate(&mut self, call: CallId, can_be_hedged: bool) {
        match can_be_hedged {
            true => self.candidates.insert(call),
            false => self.candidates.remove(&call),
        };
    }

    /// Returns the calls whose tasks can be hedged, the oldest first.
    pub(super) fn candidates(&self) -> impl Iterator<Item = CallId> {
        self.candidates.iter().copied()
    }

    /// Starts, continues or resets the clock of idle slots. Returns whether
    /// hedges are to be considered.
    pub(super) fn observe(&mut self, slots_idle: bool, now: Duration) -> bool {
        self.hedge_at = None;
        let considered = slots_idle && self.enabled;
        self.idle_since = considered.then(|| self.idle_since.unwrap_or(now));
        considered
    }

    /// Returns whether a hedge is due for a call that started at `started`.
    /// Otherwise sets the time of the next hedge to when it will be.
    pub(super) fn is_due(
        &mut self,
        started: Duration,
        slow_after: Duration,
        now: Duration,
    ) -> bool {
        let idle_long_enough = self.idle_since.unwrap_or(now) + IDLE;
        let at = (started + slow_after).max(idle_long_enough);
        if at > now {
            self.hedge_at = Some(at);
        }
        at <= now
    }
}
