//! The notice that no server takes calls while tasks wait.
//!
//! It is given once the state has lasted for [`NOTICE_AFTER`], and again when its
//! cause changes, or whether it has a limit. Its end is reported if its beginning was.

use std::time::Duration;

use crate::plan::action::WaitCause;

/// The time for which tasks wait before the notice.
const NOTICE_AFTER: Duration = Duration::from_secs(3);

/// The clock of the wait, and the wait in the last notice.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// The wait, and the time since which it is this one.
    current: Option<(Wait, Duration)>,
    notified: Option<Wait>,
}

/// A wait for servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) cause: WaitCause,
    /// It is an outage, which ends the run if it lasts.
    pub(super) has_limit: bool,
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
        let (wait, since) = self.current?;
        (self.notified != Some(wait)).then_some(since + NOTICE_AFTER)
    }

    /// Starts, continues or ends the wait, and returns the notice that is due.
    pub(super) fn observe(&mut self, wait: Option<Wait>, now: Duration) -> Option<Notice> {
        let Some(wait) = wait else {
            self.current = None;
            return self.notified.take().map(|_| Notice::Stops);
        };
        // Servers take calls while a second opinion is waited for.
        let is_second = |wait: Wait| wait.cause == WaitCause::SecondOpinion;
        if self
            .notified
            .is_some_and(|notified| is_second(notified) != is_second(wait))
        {
            self.current = Some((wait, now));
            self.notified = None;
            return Some(Notice::Stops);
        }
        if self.current.is_none_or(|(known, _)| known != wait) {
            self.current = Some((wait, now));
        }
        let (_, since) = self.current?;
        let due = self.notice_at().is_some_and(|at| at <= now);
        due.then(|| {
            self.notified = Some(wait);
            Notice::Starts(wait.cause, since)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(cause: WaitCause, has_limit: bool) -> Option<Wait> {
        Some(Wait { cause, has_limit })
    }

    #[test]
    fn a_wait_is_reported_after_some_seconds_and_when_its_cause_changes() {
        use WaitCause::{Busy, Outage, SecondOpinion};
        let mut waiting = Waiting::default();
        let busy = wait(Busy, false);
        let later = Duration::from_secs(1) + NOTICE_AFTER;
        let starts = |cause, since| Some(Notice::Starts(cause, since));
        for (wait, at, notice) in [
            (None, Duration::ZERO, None),
            (busy, Duration::from_secs(1), None),
            (busy, later, starts(Busy, Duration::from_secs(1))),
            (busy, later * 2, None),
            (wait(Outage, false), later * 2, None),
            (wait(Outage, false), later * 3, starts(Outage, later * 2)),
            (wait(Outage, true), later * 4, None),
            (wait(Outage, true), later * 5, starts(Outage, later * 4)),
            (None, later * 5, Some(Notice::Stops)),
            (None, later * 6, None),
            (busy, later * 7, None),
            (None, later * 7, None),
            (busy, later * 7, None),
            (busy, later * 8, starts(Busy, later * 7)),
            (wait(SecondOpinion, true), later * 8, Some(Notice::Stops)),
            (
                wait(SecondOpinion, true),
                later * 9,
                starts(SecondOpinion, later * 8),
            ),
            (busy, later * 9, Some(Notice::Stops)),
            (None, later * 9, None),
        ] {
            assert_eq!(waiting.observe(wait, at), notice, "{wait:?} at {at:?}");
        }
        waiting.observe(busy, later);
        assert_eq!(waiting.notice_at(), Some(later + NOTICE_AFTER));
    }
}
