//! The time that servers have left, by their own word.
//!
//! A server may know when it will end: its batch job does, or somebody wants the machine. It is
//! ending once the median of the calls would not end in time there, and starts no call then. While
//! there is no median, it is ending only when its time is over. A server whose time is over has
//! ended: its silence is no death, and says nothing of the tasks that it had.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::ids::ServerId;
use crate::plan::timers::Timers;

/// The most by which two reports of the same end differ: they are in whole seconds, and take a
/// while to come.
const JITTER: Duration = Duration::from_secs(3);

/// The ends of the servers that know theirs.
#[derive(Debug, Default)]
pub(super) struct TimeLeft {
    ends: Timers,
    ends_at: Vec<Option<Duration>>,
    /// The servers that end at `horizon` or before, but for reports since.
    ending: BTreeSet<ServerId>,
    /// The time up to which a call that starts would take, by the median.
    horizon: Duration,
    /// Some end has changed since `ending` was set.
    is_changed: bool,
}

impl TimeLeft {
    /// Adds a server that has told nothing of its end.
    pub(super) fn add_server(&mut self) {
        self.ends_at.push(None);
    }

    /// Records how much time a server has left, as the answer to a question that was sent at
    /// `asked_at` tells it; `None` if it does not.
    pub(super) fn report(
        &mut self,
        server: ServerId,
        time_left: Option<Duration>,
        asked_at: Duration,
    ) {
        // It had so much left later than that, so that each report is a lower bound.
        let told = time_left.map(|left| asked_at.saturating_add(left));
        let known = &mut self.ends_at[server.index()];
        let end = match (*known, told) {
            (Some(known), Some(told)) if known.abs_diff(told) <= JITTER => Some(known.max(told)),
            (_, told) => told,
        };
        self.is_changed |= *known != end;
        self.ends.set(server, known, end);
    }

    /// Returns the servers that are ending from now on, or no longer, given the median of the
    /// calls.
    pub(super) fn update(
        &mut self,
        median: Option<Duration>,
        now: Duration,
    ) -> impl Iterator<Item = (ServerId, bool)> + use<> {
        let horizon = now.saturating_add(median.unwrap_or_default());
        let before = std::mem::replace(&mut self.horizon, horizon);
        let passed = self.ends.after(before.min(horizon));
        let is_passed = passed.is_some_and(|end| end <= before.max(horizon));
        let mut changes = Vec::new();
        if std::mem::take(&mut self.is_changed) || is_passed {
            let ending = self.ends.until(horizon).collect();
            let before = std::mem::replace(&mut self.ending, ending);
            let begun = self.ending.difference(&before);
            changes.extend(begun.map(|&server| (server, true)));
            let over = before.difference(&self.ending);
            changes.extend(over.map(|&server| (server, false)));
        }
        changes.into_iter()
    }

    /// Returns whether a server starts no call, since it would not end in time.
    pub(super) fn is_ending(&self, server: ServerId) -> bool {
        self.ending.contains(&server)
    }

    /// Returns whether some server starts no call, since it would not end in time.
    pub(super) fn any_ending(&self) -> bool {
        !self.ending.is_empty()
    }

    /// Returns whether the time of a server is over.
    pub(super) fn has_ended(&self, server: ServerId, now: Duration) -> bool {
        self.ends_at[server.index()].is_some_and(|end| end <= now)
    }

    /// Returns when the next server will be ending, always after `now`.
    pub(super) fn next_timer(&self, median: Option<Duration>, now: Duration) -> Option<Duration> {
        let median = median.unwrap_or_default();
        let next = self.ends.after(now.saturating_add(median))?;
        next.checked_sub(median).filter(|&at| at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn with_ends(ends: &[Option<u64>]) -> TimeLeft {
        let mut time_left = TimeLeft::default();
        for (index, end) in ends.iter().enumerate() {
            time_left.add_server();
            time_left.report(ServerId::new(index), end.map(secs), Duration::ZERO);
        }
        time_left
    }

    fn changes(time_left: &mut TimeLeft, median: Option<u64>, now: u64) -> Vec<(usize, bool)> {
        let changes = time_left.update(median.map(secs), secs(now));
        changes
            .map(|(server, is_ending)| (server.index(), is_ending))
            .collect()
    }

    #[test]
    fn a_server_is_ending_once_the_median_would_not_end_in_time() {
        let mut time_left = with_ends(&[Some(60), None, Some(100)]);
        assert_eq!(changes(&mut time_left, None, 0), []);
        assert_eq!(time_left.next_timer(None, secs(0)), Some(secs(60)));
        assert_eq!(
            time_left.next_timer(Some(secs(20)), secs(5)),
            Some(secs(40))
        );
        assert_eq!(changes(&mut time_left, Some(20), 39), []);
        assert_eq!(changes(&mut time_left, Some(20), 40), [(0, true)]);
        assert_eq!(
            time_left.next_timer(Some(secs(20)), secs(40)),
            Some(secs(80))
        );
        assert!(time_left.is_ending(ServerId::new(0)));
        assert_eq!(changes(&mut time_left, Some(70), 41), [(2, true)]);
        assert_eq!(
            changes(&mut time_left, Some(10), 42),
            [(0, false), (2, false)]
        );
        assert_eq!(changes(&mut time_left, None, 60), [(0, true)]);
        assert!(time_left.has_ended(ServerId::new(0), secs(60)));
        assert!(!time_left.has_ended(ServerId::new(1), secs(60)));
        assert!(!time_left.has_ended(ServerId::new(2), secs(99)));
    }

    #[test]
    fn reports_of_one_end_do_not_move_it_back_and_forth() {
        let server = ServerId::new(0);
        let mut time_left = with_ends(&[Some(60)]);
        for (asked, left, end) in [
            (1, Some(58), 60),
            (2, Some(59), 61),
            (3, Some(57), 61),
            // Another start of the server has another end, a later or an earlier one.
            (4, Some(600), 604),
            (5, Some(10), 15),
        ] {
            time_left.report(server, left.map(secs), secs(asked));
            assert_eq!(time_left.ends_at[0], Some(secs(end)), "asked at {asked} s");
        }
        time_left.report(server, None, secs(6));
        assert_eq!(changes(&mut time_left, Some(1000), 7), []);
        assert_eq!(time_left.next_timer(None, secs(7)), None);
    }
}
