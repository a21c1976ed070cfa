//! The second chance of parked tasks: when it comes.
//!
//! A parked task is tried again once some server has given a result, or nothing
//! else was to be done for [`PARKED`].

use std::time::Duration;

/// Time without anything else to do after which parked tasks are tried again.
const PARKED: Duration = Duration::from_secs(1);

/// The clock of the time in which only parked tasks are left.
#[derive(Debug, Default)]
pub(super) struct Parking {
    since: Option<Duration>,
}

impl Parking {
    /// Returns the time at which parked tasks are tried again.
    pub(super) fn release_at(&self) -> Option<Duration> {
        self.since?.checked_add(PARKED)
    }

    /// Starts, continues or resets the clock. Returns true, and resets it, if parked
    /// tasks are tried again.
    pub(super) fn observe(&mut self, only_parked: bool, now: Duration) -> bool {
        self.since = only_parked.then(|| self.since.unwrap_or(now));
        let due = self.release_at().is_some_and(|at| at <= now);
        if due {
            self.since = None;
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
        assert!(!parking.observe(true, now));
        assert_eq!(parking.release_at(), Some(now + PARKED));
        assert!(!parking.observe(false, now + PARKED));
        assert_eq!(parking.release_at(), None);
        assert!(!parking.observe(true, now + PARKED));
        assert!(parking.observe(true, now + 2 * PARKED));
        assert_eq!(parking.release_at(), None);
    }
}
