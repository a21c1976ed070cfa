//! The isolated run of a suspect: when it may start.
//!
//! A suspect starts once nothing else has waited or run for a short time. While
//! more tasks may be sent, that time lets a sender that waits for a slot send
//! the next task first.

use std::time::Duration;

/// Time for which nothing else waits or runs before a suspect starts.
const QUIET: Duration = Duration::from_millis(20);

/// The clock of the quiet time.
#[derive(Debug, Default)]
pub(super) struct Isolation {
    /// Time since which a suspect could run and nothing else waits or runs.
    quiet_since: Option<Duration>,
    start_at: Option<Duration>,
}

impl Isolation {
    /// Returns the time at which the next suspect may start, as of the last
    /// event.
    pub(super) fn start_at(&self) -> Option<Duration> {
        self.start_at
    }

    /// Clears the start time. To be called at each event, before
    /// [`may_start`](Self::may_start).
    pub(super) fn clear_start(&mut self) {
        self.start_at = None;
    }

    /// Resets the clock: no suspect could run, or something else waits or runs.
    pub(super) fn reset(&mut self) {
        self.quiet_since = None;
    }

    /// Returns true, and resets the clock, if a suspect may start now. Sets the
    /// start time otherwise. `input_closed`: no more tasks will be sent.
    pub(super) fn may_start(&mut self, input_closed: bool, now: Duration) -> bool {
        let at = *self.quiet_since.get_or_insert(now) + QUIET;
        if !input_closed && at > now {
            self.start_at = Some(at);
            return false;
        }
        self.quiet_since = None;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspect_starts_after_the_quiet_time() {
        let mut isolation = Isolation::default();
        let now = Duration::from_secs(1);
        assert!(!isolation.may_start(false, now));
        assert_eq!(isolation.start_at(), Some(now + QUIET));
        isolation.clear_start();
        isolation.reset();
        let later = now + QUIET;
        assert!(!isolation.may_start(false, later), "it was not quiet");
        assert_eq!(isolation.start_at(), Some(later + QUIET));
        assert!(isolation.may_start(false, later + QUIET));
        assert!(
            !isolation.may_start(false, later + QUIET),
            "the next one waits"
        );
    }

    #[test]
    fn a_suspect_starts_at_once_when_no_more_tasks_will_be_sent() {
        let mut isolation = Isolation::default();
        assert!(isolation.may_start(true, Duration::ZERO));
        assert_eq!(isolation.start_at(), None);
    }
}
