//! The hedges: second calls of slow tasks.
//!
//! While nothing waits and a slot is idle, the slowest task gets a second call
//! on another server, one that has not failed it. A task can be hedged while it
//! has exactly one call in flight, whose answer is awaited, [`MOST_HEDGES`] times
//! in all.

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

/// Most hedges of a task.
pub(super) const MOST_HEDGES: u32 = 2;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_slow_after_twice_the_median_and_a_second() {
        let ms = Duration::from_millis;
        for (median, slow) in [(Some(ms(400)), 1000), (Some(ms(900)), 1800), (None, 30_000)] {
            assert_eq!(slow_after(median), ms(slow));
        }
    }

    #[test]
    fn a_hedge_is_due_when_the_task_is_slow_and_the_slot_idle() {
        let (started, slow) = (Duration::from_secs(5), Duration::from_secs(1));
        let mut hedging = Hedging::new(true);
        let now = started + slow;
        assert!(hedging.observe(true, now));
        assert!(
            !hedging.is_due(started, slow, now),
            "the slot is not idle for long"
        );
        assert_eq!(hedging.hedge_at(), Some(now + IDLE));
        assert!(hedging.observe(true, now + IDLE));
        assert_eq!(hedging.hedge_at(), None);
        assert!(hedging.is_due(started, slow, now + IDLE));
        assert!(
            !hedging.is_due(now, slow, now + IDLE),
            "this one is not slow"
        );
        assert_eq!(hedging.hedge_at(), Some(now + slow));
        hedging.clear_hedge();
        assert_eq!(hedging.hedge_at(), None);
        assert!(!hedging.observe(false, now + IDLE));
        assert!(hedging.observe(true, now + IDLE));
        assert!(
            !hedging.is_due(started, slow, now + IDLE),
            "the clock was reset"
        );
    }

    #[test]
    fn nothing_is_hedged_where_that_is_off() {
        assert!(!Hedging::new(false).observe(true, Duration::ZERO));
    }

    #[test]
    fn candidates_come_in_order_of_starting() {
        let mut hedging = Hedging::new(true);
        let [first, second, third] = [1, 2, 3].map(CallId::new);
        for call in [third, first, second] {
            hedging.set_candidate(call, true);
        }
        hedging.set_candidate(second, false);
        assert_eq!(hedging.candidates().collect::<Vec<_>>(), [first, third]);
    }

    #[test]
    fn a_task_with_a_death_is_hedged_where_a_hang_would_not_be_known() {
        for (deaths, reports_status, harmless) in [
            (0, true, true),
            (0, false, true),
            (1, true, false),
            (1, false, true),
            (2, false, false),
        ] {
            assert_eq!(is_harmless(deaths, reports_status), harmless);
        }
    }
}
