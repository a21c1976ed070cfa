//! The isolated run of a suspect: when it may start.
//!
//! A suspect starts once nothing else has waited or run for a short time. While
//! more tasks may be sent, that time lets a sender that waits for a slot send
//! the next task first. A suspect that has waited for [`LONGEST_WAIT`] gets a
//! server that is held for it: that server starts no more calls, and the suspect
//! runs there once those that it has have ended.

use std::time::Duration;

use crate::ids::ServerId;

/// Time for which a suspect waits until nothing else waits or runs.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Time for which nothing else waits or runs before a suspect starts.
const QUIET: Duration = Duration::from_millis(20);

/// Time for which a suspect waits for its call on a server that was found dead: the call is about
/// to break, and may be the death that makes the task poison.
const BREAKS_WITHIN: Duration = Duration::from_secs(1);

/// The clock of the quiet time.
#[derive(Debug, Default)]
pub(super) struct Isolation {
    /// Time since which a suspect could run and nothing else waits or runs.
    quiet_since: Option<Duration>,
    start_at: Option<Duration>,
    /// Time since which a suspect waits.
    waits_since: Option<Duration>,
    /// The server that is held for a suspect.
    held: Option<ServerId>,
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

    /// Returns the server that is held for a suspect.
    pub(super) fn held(&self) -> Option<ServerId> {
        self.held
    }

    /// Sets the server that is held for a suspect.
    pub(super) fn set_held(&mut self, server: Option<ServerId>) {
        self.held = server;
    }

    /// Ends the wait of a suspect: it starts, or there is none.
    pub(super) fn end_wait(&mut self) {
        self.waits_since = None;
    }

    /// Returns whether a suspect has waited for so long that a server is held for
    /// it. Sets the start time otherwise.
    pub(super) fn waits_for_long(&mut self, now: Duration) -> bool {
        let at = *self.waits_since.get_or_insert(now) + LONGEST_WAIT;
        if at > now {
            self.start_at = Some(at);
        }
        at <= now
    }

    /// Returns whether a suspect still waits for its call on a server that was found dead at
    /// `died_at`. Sets the start time then.
    pub(super) fn waits_for_break(&mut self, died_at: Duration, now: Duration) -> bool {
        let at = died_at + BREAKS_WITHIN;
        if at > now {
            self.start_at = Some(self.start_at.map_or(at, |before| before.min(at)));
        }
        at > now
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
    fn a_suspect_waits_for_a_call_that_may_be_about_to_break() {
        let mut isolation = Isolation::default();
        let died_at = Duration::from_secs(1);
        assert!(isolation.waits_for_break(died_at, died_at));
        let at = died_at + BREAKS_WITHIN;
        assert_eq!(isolation.start_at(), Some(at));
        isolation.clear_start();
        assert!(!isolation.waits_for_break(died_at, at));
        assert_eq!(isolation.start_at(), None);
    }

    #[test]
    fn a_server_is_held_for_a_suspect_that_has_waited_for_long() {
        let mut isolation = Isolation::default();
        let now = Duration::from_secs(1);
        assert!(!isolation.waits_for_long(now));
        assert_eq!(isolation.start_at(), Some(now + LONGEST_WAIT));
        assert!(isolation.waits_for_long(now + LONGEST_WAIT));
        isolation.end_wait();
        assert!(!isolation.waits_for_long(now + LONGEST_WAIT));
        isolation.set_held(Some(ServerId::new(3)));
        assert_eq!(isolation.held(), Some(ServerId::new(3)));
    }

    #[test]
    fn a_suspect_starts_at_once_when_no_more_tasks_will_be_sent() {
        let mut isolation = Isolation::default();
        assert!(isolation.may_start(true, Duration::ZERO));
        assert_eq!(isolation.start_at(), None);
    }
}
