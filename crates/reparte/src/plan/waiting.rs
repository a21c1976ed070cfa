//! The notice that no server takes calls while tasks wait.
//!
//! It is given once the state has lasted for [`NOTICE_AFTER`], and again when its
//! cause changes. Its end is reported if its beginning was.

use std::time::Duration;

use crate::plan::action::WaitCause;

/// The time for which tasks wait before the notice.
const NOTICE_AFTER: Duration = Duration::from_secs(3);

/// The clock of the wait, and the cause in the last notice.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// The cause, and the time since which it holds.
    current: Option<(WaitCause, Duration)>,
    notified: Option<WaitCause>,
}

/// A notice to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The wait began at that time.
    Starts(WaitCause, Duration),
    Stops,
}

impl Waiting {
    /// Returns the time at which the notice of the wait is due.
    pub(super) fn notice_at(&self) -> Option<Duration> {
        let (cause, since) = self.current?;
        (self.notified != Some(cause)).then_some(since + NOTICE_AFTER)
    }

    /// Starts, continues or ends the wait, and returns the notice that is due.
    pub(super) fn observe(&mut self, cause: Option<WaitCause>, now: Duration) -> Option<Notice> {
        let Some(cause) = cause else {
            self.current = None;
            return self.notified.take().map(|_| Notice::Stops);
        };
        if self.current.is_none_or(|(known, _)| known != cause) {
            self.current = Some((cause, now));
        }
        let (_, since) = self.current?;
        let due = self.notice_at().is_some_and(|at| at <= now);
        due.then(|| {
            self.notified = Some(cause);
            Notice::Starts(cause, since)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_reported_after_some_seconds_and_when_its_cause_changes() {
        use WaitCause::{Busy, Outage};
        let mut waiting = Waiting::default();
        let later = Duration::from_secs(1) + NOTICE_AFTER;
        for (cause, at, notice) in [
            (None, Duration::ZERO, None),
            (Some(Busy), Duration::from_secs(1), None),
            (
                Some(Busy),
                later,
                Some(Notice::Starts(Busy, Duration::from_secs(1))),
            ),
            (Some(Busy), later * 2, None),
            (Some(Outage), later * 2, None),
            (
                Some(Outage),
                later * 3,
                Some(Notice::Starts(Outage, later * 2)),
            ),
            (None, later * 3, Some(Notice::Stops)),
            (None, later * 4, None),
            (Some(Busy), later * 5, None),
            (None, later * 5, None),
        ] {
            assert_eq!(waiting.observe(cause, at), notice, "{cause:?} at {at:?}");
        }
        waiting.observe(Some(Busy), later);
        assert_eq!(waiting.notice_at(), Some(later + NOTICE_AFTER));
    }
}
