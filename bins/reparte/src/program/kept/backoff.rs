//! The pauses between starts of a program whose processes end before they give a first result.

use std::time::{Duration, Instant};

/// The pause after the first such end. It doubles with each, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// The number of processes in a row that ended without having read a task, after which no more are
/// started for a while.
const HOPELESS: u32 = 3;

/// The way in which a process ended before its first answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EarlyEnd {
    /// It had read a task, of which it may have died.
    WithTask,
    /// It died before it had read a task: the machine may lack something.
    Unread,
    /// It closed a stream or wrote something before it had read a task. The program does so on every
    /// machine.
    Misuse,
}

/// The early ends since the last answer of any process of the program.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    ends: u32,
    /// The ends before a task was read, in a row.
    unread: u32,
    not_before: Option<Instant>,
    /// The last of them, in words.
    last: Option<(EarlyEnd, String)>,
}

/// The next step of a call that needs a new process.
#[derive(Debug, PartialEq)]
pub(super) enum NextStart {
    Now,
    After(Duration),
    /// The machine can't run the program, for this reason.
    Unfit(String),
    /// The program can't be kept, for this reason.
    Misuse(String),
}

impl Backoff {
    /// Notes an early end. Returns whether it is the first of its streak.
    pub(super) fn ended(&mut self, end: EarlyEnd, reason: &str, now: Instant) -> bool {
        let pause = FIRST.saturating_mul(1 << self.ends.min(16)).min(LONGEST);
        self.ends = self.ends.saturating_add(1);
        self.unread = match end {
            EarlyEnd::WithTask => 0,
            EarlyEnd::Unread | EarlyEnd::Misuse => self.unread.saturating_add(1),
        };
        self.last = Some((end, reason.to_owned()));
        self.not_before = now.checked_add(pause);
        self.ends == 1
    }

    /// Notes an answer, which ends the streak.
    pub(super) fn answered(&mut self) {
        // It is the usual case, and each call comes here.
        if self.ends > 0 {
            *self = Backoff::default();
        }
    }

    pub(super) fn next_start(&self, now: Instant) -> NextStart {
        let left = self.not_before.map(|at| at.saturating_duration_since(now));
        let Some(left) = left.filter(|left| !left.is_zero()) else {
            return NextStart::Now;
        };
        match &self.last {
            Some((EarlyEnd::Unread, reason)) if self.unread >= HOPELESS => {
                NextStart::Unfit(reason.clone())
            }
            Some((EarlyEnd::Misuse, reason)) if self.unread >= HOPELESS => {
                NextStart::Misuse(reason.clone())
            }
            _ => NextStart::After(left),
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
        for end in 0..8 {
            assert_eq!(backoff.ended(EarlyEnd::WithTask, "it died", now), end == 0);
            let NextStart::After(pause) = backoff.next_start(now) else {
                panic!("no pause after {end}");
            };
            pauses.push(pause.as_millis());
        }
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(backoff.next_start(now + LONGEST), NextStart::Now);
        backoff.answered();
        assert_eq!(backoff.next_start(now), NextStart::Now);
    }

    #[test]
    fn only_ends_without_a_task_stop_the_starts() {
        let reason = || "no module".to_owned();
        for (end, hopeless) in [
            (EarlyEnd::Unread, NextStart::Unfit(reason())),
            (EarlyEnd::Misuse, NextStart::Misuse(reason())),
        ] {
            let now = Instant::now();
            let mut backoff = Backoff::default();
            for end in [end, end, EarlyEnd::WithTask, end, end] {
                backoff.ended(end, "no module", now);
                assert!(matches!(backoff.next_start(now), NextStart::After(_)));
            }
            backoff.ended(end, "no module", now);
            assert_eq!(backoff.next_start(now), hopeless);
            // One start in each pause tries whether it is mended.
            assert_eq!(backoff.next_start(now + LONGEST), NextStart::Now);
        }
    }
}
