//! The second chance of parked tasks: when it comes.
//!
//! A parked task is tried again once some server has come, or has given the
//! result of a call that began after the task was parked, or nothing else was to
//! be done for [`PARKED`]; or for [`BESIDE_CALLS`] while some calls go on, and a slot is
//! idle. A result of a call that began before says nothing of
//! the time after: a proxy may have lost its server meanwhile.

use std::time::Duration;

use crate::ids::{CallId, ServerId};

/// Time without anything else to do after which parked tasks are tried again.
const PARKED: Duration = Duration::from_secs(1);
/// Time for which nothing waits and a slot is idle, though calls go on, after which parked
/// tasks are tried again.
const BESIDE_CALLS: Duration = Duration::from_secs(4);

/// The clock of the time in which only parked tasks are left, and the results
/// that release some.
#[derive(Debug, Default)]
pub(super) struct Parking {
    since: Option<Duration>,
    /// Start of the time in which a slot is idle and nothing but parked tasks waits.
    idle_since: Option<Duration>,
    /// The latest call, in order of starting, that has given a result.
    arrived: Option<CallId>,
    /// The servers that have come since.
    came: Vec<ServerId>,
}

impl Parking {
    /// Returns the time at which parked tasks are tried again.
    pub(super) fn release_at(&self) -> Option<Duration> {
        let alone = self.since.and_then(|since| since.checked_add(PARKED));
        let idle = self
            .idle_since
            .and_then(|since| since.checked_add(BESIDE_CALLS));
        alone.into_iter().chain(idle).min()
    }

    /// Records that tasks that were parked before this call are tried again: it has
    /// given a result, or a server has come.
    pub(super) fn arrived(&mut self, call: CallId) {
        self.arrived = self.arrived.max(Some(call));
    }

    /// Records that tasks are tried again that have no case with this server: it is up
    /// again.
    pub(super) fn server_came(&mut self, server: ServerId) {
        self.came.push(server);
    }

    /// Returns the latest call before which parked tasks are tried again, and the
    /// servers that have come, once.
    pub(super) fn take_arrivals(&mut self) -> (Option<CallId>, Vec<ServerId>) {
        (self.arrived.take(), std::mem::take(&mut self.came))
    }

    /// Starts, continues or resets the clocks. Returns true, and resets them, if parked
    /// tasks are tried again. `only_parked`: nothing else is to be done. `any_idle`: a slot
    /// is idle, and nothing else waits.
    pub(super) fn observe(&mut self, only_parked: bool, any_idle: bool, now: Duration) -> bool {
        self.since = only_parked.then(|| self.since.unwrap_or(now));
        self.idle_since = any_idle.then(|| self.idle_since.unwrap_or(now));
        let due = self.release_at().is_some_and(|at| at <= now);
        if due {
            self.since = None;
            self.idle_since = None;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parked_tasks_are_tried_again_after_a_second_without_others() {
        let mut parking = Parking::default();
        let now = Duration::from_secs(5);
        assert!(!parking.observe(true, true, now));
        assert_eq!(parking.release_at(), Some(now + PARKED));
        assert!(!parking.observe(false, false, now + PARKED));
        assert_eq!(parking.release_at(), None);
        assert!(!parking.observe(true, true, now + PARKED));
        assert!(parking.observe(true, true, now + 2 * PARKED));
        assert_eq!(parking.release_at(), None);
    }

    #[test]
    fn parked_tasks_are_tried_again_beside_long_calls() {
        let mut parking = Parking::default();
        let now = Duration::from_secs(5);
        assert!(!parking.observe(false, true, now));
        assert_eq!(parking.release_at(), Some(now + BESIDE_CALLS));
        assert!(!parking.observe(false, true, now + PARKED));
        assert!(!parking.observe(false, false, now + BESIDE_CALLS));
        assert!(!parking.observe(false, true, now + BESIDE_CALLS));
        assert!(parking.observe(false, true, now + 2 * BESIDE_CALLS));
        assert_eq!(parking.release_at(), None);
    }
}
