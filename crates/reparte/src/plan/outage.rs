//! The outage: the time in which no server is alive while tasks wait.
//!
//! The clock starts when no server is alive and there are open tasks. It is
//! reset by any answer, by a server that is alive again, and when the last open
//! task ends. The outage is over its limit once the clock has reached it and no
//! call is in flight that may still bring an answer. Trials don't count as such
//! calls: they run to their end, but none is started past the limit.
//!
//! Until some server has answered, the limit is another one, since the addresses
//! may be wrong.

use std::time::Duration;

/// The clock of the current outage, and its limit.
#[derive(Debug)]
pub(super) struct Outage {
    limit: Option<Duration>,
    /// The limit until some server has answered.
    limit_before_answer: Option<Duration>,
    /// Some server has answered.
    answered: bool,
    /// Start of the outage. Is set only while no server is alive and tasks are
    /// open, as of the last call of [`observe`](Self::observe).
    since: Option<Duration>,
}

impl Outage {
    pub(super) fn new(limit: Option<Duration>, limit_before_answer: Option<Duration>) -> Self {
        Self {
            limit,
            limit_before_answer,
            answered: false,
            since: None,
        }
    }

    /// Starts, continues or resets the clock.
    pub(super) fn observe(&mut self, any_alive: bool, any_open_task: bool, now: Duration) {
        let down = !any_alive && any_open_task;
        self.since = down.then(|| self.since.unwrap_or(now));
    }

    /// Resets the clock, because a server has answered.
    pub(super) fn answered(&mut self) {
        self.answered = true;
        self.since = None;
    }

    /// Resets the clock, because a reserve is in use.
    pub(super) fn reset(&mut self) {
        self.since = None;
    }

    /// Returns the time at which the current outage reaches its limit.
    pub(super) fn limit_at(&self) -> Option<Duration> {
        self.since?.checked_add(self.limit()?)
    }

    /// Returns true if the outage has reached its limit, given the number of
    /// calls whose answer is awaited and that are no trials.
    pub(super) fn is_over_limit(&self, regular_calls: usize, now: Duration) -> bool {
        regular_calls == 0 && self.limit_at().is_some_and(|at| at <= now)
    }

    /// Returns the limit, if there is one.
    pub(super) fn limit(&self) -> Option<Duration> {
        match self.answered {
            true => self.limit,
            false => self.limit_before_answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    fn at(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn the_clock_runs_while_nothing_is_alive_and_tasks_are_open() {
        let mut outage = Outage::new(Some(LIMIT), Some(LIMIT));
        for (any_alive, any_open) in [(true, true), (true, false), (false, false)] {
            outage.observe(any_alive, any_open, at(1));
            assert_eq!(outage.limit_at(), None);
        }
        outage.observe(false, true, at(2));
        outage.observe(false, true, at(3));
        assert_eq!(outage.limit_at(), Some(at(7)));
        assert!(!outage.is_over_limit(0, at(6)));
        assert!(outage.is_over_limit(0, at(7)));
        assert!(!outage.is_over_limit(1, at(7)), "it may bring an answer");
        outage.reset();
        assert!(!outage.is_over_limit(0, at(7)));
    }

    #[test]
    fn the_limit_is_another_one_until_some_server_has_answered() {
        let mut outage = Outage::new(Some(at(60)), Some(LIMIT));
        outage.observe(false, true, at(1));
        assert_eq!(outage.limit_at(), Some(at(6)));
        outage.answered();
        outage.observe(false, true, at(9));
        assert_eq!(
            (outage.limit_at(), outage.limit()),
            (Some(at(69)), Some(at(60)))
        );
    }

    #[test]
    fn without_a_limit_it_lasts_forever() {
        let mut outage = Outage::new(None, None);
        outage.observe(false, true, at(1));
        assert!(!outage.is_over_limit(0, at(99_999)));
    }
}
