//! The pauses between starts of a program whose processes die before they give a first result.

use std::time::{Duration, Instant};

/// The pause after the first such death. It doubles with each, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// The number of processes in a row that died without having read a task, after which the machine
/// can't run the program.
const HOPELESS: u32 = 3;

/// The deaths since the last answer of any process of the program.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    deaths: u32,
    /// The deaths before a task was read, in a row.
    unread: u32,
    not_before: Option<Instant>,
    /// The words of the last of these.
    reason: String,
}

/// The next step of a call that needs a new process.
#[derive(Debug, PartialEq)]
pub(super) enum NextStart {
    Now,
    After(Duration),
    /// The machine can't run the program, for this reason.
    Hopeless(String),
}

impl Backoff {
    /// Notes a death before the first answer. Returns whether it is the first of its streak.
    pub(super) fn died(&mut self, has_read: bool, reason: &str, now: Instant) -> bool {
        let pause = FIRST.saturating_mul(1 << self.deaths.min(16)).min(LONGEST);
        self.deaths = self.deaths.saturating_add(1);
        self.unread = match has_read {
            true => 0,
            false => self.unread.saturating_add(1),
        };
        reason.clone_into(&mut self.reason);
        self.not_before = now.checked_add(pause);
        self.deaths == 1
    }

    /// Notes an answer, which ends the streak.
    pub(super) fn answered(&mut self) {
        // It is the usual case, and each call comes here.
        if self.deaths > 0 {
            *self = Backoff::default();
        }
    }

    pub(super) fn next_start(&self, now: Instant) -> NextStart {
        let left = self.not_before.map(|at| at.saturating_duration_since(now));
        match left.filter(|left| !left.is_zero()) {
            None => NextStart::Now,
            Some(_) if self.unread >= HOPELESS => NextStart::Hopeless(self.reason.clone()),
            Some(left) => NextStart::After(left),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_until_an_answer() {
        let now = Instant::now();
        let mut backoff = Backoff::default();
        let mut pauses = Vec::new();
        for death in 0..8 {
            assert_eq!(backoff.died(true, "it died", now), death == 0);
            let NextStart::After(pause) = backoff.next_start(now) else {
                panic!("no pause after {death}");
            };
            pauses.push(pause.as_millis());
        }
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(backoff.next_start(now + LONGEST), NextStart::Now);
        backoff.answered();
        assert_eq!(backoff.next_start(now), NextStart::Now);
    }

    #[test]
    fn only_deaths_without_a_task_condemn_the_machine() {
        let now = Instant::now();
        let mut backoff = Backoff::default();
        for has_read in [false, false, true, false, false] {
            backoff.died(has_read, "no module", now);
            assert!(matches!(backoff.next_start(now), NextStart::After(_)));
        }
        backoff.died(false, "no module", now);
        let hopeless = NextStart::Hopeless("no module".to_owned());
        assert_eq!(backoff.next_start(now), hopeless);
        // One start in each pause tries whether it is mended.
        assert_eq!(backoff.next_start(now + LONGEST), NextStart::Now);
    }
}
