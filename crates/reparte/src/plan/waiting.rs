//! The notice that no server takes calls while tasks wait.
//!
//! It is given once the state has lasted for [`TELL_AFTER`], and again when its
//! cause changes. Its end is told if its beginning was.

use std::time::Duration;

use crate::plan::action::WaitCause;

/// Time for which tasks wait before that is told.
const TELL_AFTER: Duration = Duration::from_secs(3);

/// The clock of the wait, and what was told of it.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// The cause, and the time since which it holds.
    current: Option<(WaitCause, Duration)>,
    told: Option<WaitCause>,
}

/// Something to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The wait began at that time.
    Starts(WaitCause, Duration),
    Stops,
}

impl Waiting {
    /// Returns the time at which the wait is to be told.
    pub(super) fn tell_at(&self) -> Option<Duration> {
        let (cause, since) = self.current?;
        (self.told != Some(cause)).then_some(since + TELL_AFTER)
    }

    /// Starts, continues or ends the wait, and returns what is to be told.
    pub(super) fn observe(&mut self, cause: Option<WaitCause>, now: Duration) -> Option<Notice> {
        let Some(cause) = cause else {
            self.current = None;
            return self.told.take().map(|_| Notice::Stops);
        };
        if self.current.is_none_or(|(known, _)| known != cause) {
            self.current = Some((cause, now));
        }
        let (_, since) = self.current?;
        let due = self.tell_at().is_some_and(|at| at <= now);
        due.then(|| {
            self.told = Some(cause);
            Notice::Starts(cause, since)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_after_some_seconds_and_when_its_cause_changes() {
        use WaitCause::{Busy, Outage};
        let mut waiting = Waiting::default();
        let later = Duration::from_secs(1) + TELL_AFTER;
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
        assert_eq!(waiting.tell_at(), Some(later + TELL_AFTER));
    }
}
