//! The outage: the time in which no server is alive while tasks wait.
//!
//! The clock starts when no server is alive and there are open tasks. It is
//! reset by any answer, by a server that is alive again, and when the last open
//! task ends. Once the clock has reached the limit, and no call is in flight that
//! may still bring an answer, every server is asked once more: it is probed, or
//! has a trial. The outage is over its limit when all have failed again.
//!
//! Until some server has answered, the limit is another one, since the addresses
//! may be wrong.

use std::time::Duration;

/// Longest time for which a server that is asked once more is waited for, unless
/// its trial runs.
const PATIENCE: Duration = Duration::from_secs(10);

/// The clock of the current outage, and its limit.
#[derive(Debug)]
pub(super) struct Outage {
    limit: Option<Duration>,
    /// The limit until some server has answered.
    limit_before_answer: Option<Duration>,
    /// Some server has answered.
    answered: bool,
    /// The time at which every server was asked once more in the current outage.
    asked_at: Option<Duration>,
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
            asked_at: None,
            since: None,
        }
    }

    /// Starts, continues or resets the clock.
    pub(super) fn observe(&mut self, any_alive: bool, any_open_task: bool, now: Duration) {
        let down = !any_alive && any_open_task;
        self.since = down.then(|| self.since.unwrap_or(now));
        self.asked_at = self.asked_at.filter(|_| down);
    }

    /// Returns whether some server has answered in this run.
    pub(super) fn has_answered(&self) -> bool {
        self.answered
    }

    /// Returns true, once, if the outage has reached its limit: every server is to
    /// be asked once more. `regular_calls`: see [`is_over_limit`](Self::is_over_limit).
    pub(super) fn ask_once_more(&mut self, regular_calls: usize, now: Duration) -> bool {
        let due = self.asked_at.is_none() && self.has_reached_limit(regular_calls, now);
        if due {
            self.asked_at = Some(now);
        }
        due
    }

    /// Resets the clock, because a server has answered.
    pub(super) fn answered(&mut self) {
        self.answered = true;
        self.reset();
    }

    /// Resets the clock, because a reserve is in use.
    pub(super) fn reset(&mut self) {
        self.since = None;
        self.asked_at = None;
    }

    /// Returns the time at which the current outage reaches its limit.
    pub(super) fn limit_at(&self) -> Option<Duration> {
        self.since?.checked_add(self.limit()?)
    }

    /// Returns true if the outage has reached its limit, and no server that was
    /// asked once more may still answer. `regular_calls`: the number of calls whose
    /// answer is awaited and that are no trials. `any_asked`: some server is being
    /// asked.
    pub(super) fn is_over_limit(
        &self,
        regular_calls: usize,
        any_asked: impl FnOnce() -> bool,
        now: Duration,
    ) -> bool {
        let patient = self.asked_until().is_some_and(|until| now < until);
        self.asked_at.is_some()
            && self.has_reached_limit(regular_calls, now)
            && !(patient && any_asked())
    }

    /// Returns the time up to which servers that were asked once more are waited
    /// for.
    pub(super) fn asked_until(&self) -> Option<Duration> {
        self.asked_at?.checked_add(PATIENCE)
    }

    fn has_reached_limit(&self, regular_calls: usize, now: Duration) -> bool {
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
        assert!(!outage.ask_once_more(0, at(6)));
        assert!(!outage.ask_once_more(1, at(7)), "it may bring an answer");
        assert!(
            !outage.is_over_limit(0, || false, at(7)),
            "nobody was asked"
        );
        assert!(outage.ask_once_more(0, at(7)));
        assert!(!outage.ask_once_more(0, at(7)), "only once");
        assert!(!outage.is_over_limit(0, || true, at(7)));
        assert!(
            !outage.is_over_limit(1, || false, at(7)),
            "it may bring an answer"
        );
        assert!(outage.is_over_limit(0, || false, at(7)));
        assert!(outage.is_over_limit(0, || true, at(7) + PATIENCE));
        outage.reset();
        assert!(!outage.is_over_limit(0, || false, at(7)));
        outage.observe(false, true, at(8));
        assert_eq!(outage.asked_until(), None);
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
        assert!(!outage.ask_once_more(0, at(99_999)));
    }
}
