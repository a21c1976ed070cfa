//! The return of a process to its input. Output that comes before is no answer to the next task.
//!
//! A greeting, or a line that a library prints, has the form of an answer. So a task is written once
//! the process waits for one, and the first answer counts once the process is back.

use std::time::{Duration, Instant};

use crate::program::kept::activity::Activity;

/// The first and the longest pause between two looks.
const FIRST_PAUSE: Duration = Duration::from_micros(30);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// The wait for a process that is to return to its input.
#[derive(Debug)]
pub(super) struct ReturnToInput {
    since: Instant,
    /// The time since which the process waits for one of several things. `None` while it works.
    waits: Option<Instant>,
    bounds: Bounds,
}

/// The longest waits. A process may read its input in a way that nobody sees.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// While it is at work.
    at_work: Duration,
    /// While it waits for one of several things.
    waiting: Duration,
}

/// The next step of the wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The process is back, or the system does not tell.
    Back,
    Look(Duration),
    /// It has not been seen to come back.
    Missed,
}

impl ReturnToInput {
    /// Begins the wait before a task is written to a process, `is_new` if it has answered none.
    pub(super) fn before_task(is_new: bool, now: Instant) -> Self {
        let at_work = match is_new {
            true => Duration::from_secs(3),
            false => Duration::from_secs(1),
        };
        ReturnToInput::new(at_work, Duration::ZERO, now)
    }

    /// Begins the wait after the first answer of a process, which took this time.
    pub(super) fn after_answer(took: Duration, now: Instant) -> Self {
        // The answer itself may take as long as the line before it.
        let waiting = took.clamp(Duration::from_millis(50), Duration::from_secs(2));
        ReturnToInput::new(Duration::from_secs(10), waiting, now)
    }

    fn new(at_work: Duration, waiting: Duration, now: Instant) -> Self {
        ReturnToInput {
            since: now,
            waits: None,
            bounds: Bounds { at_work, waiting },
        }
    }

    /// Returns the next step, for a process that does this now.
    pub(super) fn next(&mut self, activity: Option<Activity>, now: Instant) -> Next {
        let time = now.saturating_duration_since(self.since);
        match activity {
            None | Some(Activity::Reads) => return Next::Back,
            Some(Activity::Runs) => self.waits = None,
            Some(Activity::Waits) => {
                let since = *self.waits.get_or_insert(now);
                if now.saturating_duration_since(since) >= self.bounds.waiting {
                    return Next::Back;
                }
            }
        }
        match time < self.bounds.at_work {
            true => Next::Look((time / 8).clamp(FIRST_PAUSE, LONGEST_PAUSE)),
            false => Next::Missed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The activities at some milliseconds, and the last step.
    type Case = (&'static [(u64, Option<Activity>)], Option<Next>);

    const READS: Option<Activity> = Some(Activity::Reads);
    const RUNS: Option<Activity> = Some(Activity::Runs);
    const WAITS: Option<Activity> = Some(Activity::Waits);

    fn check(new: impl Fn(Instant) -> ReturnToInput, cases: &[Case]) {
        let begin = Instant::now();
        for (looks, expected) in cases {
            let mut wait = new(begin);
            let steps: Vec<_> = looks
                .iter()
                .map(|&(time, activity)| wait.next(activity, begin + Duration::from_millis(time)))
                .collect();
            let last = *steps.last().unwrap();
            match expected {
                Some(expected) => assert_eq!(last, *expected, "{looks:?}"),
                None => assert!(matches!(last, Next::Look(_)), "{looks:?}: {last:?}"),
            }
        }
    }

    #[test]
    fn a_task_waits_for_a_process_at_work() {
        let cases: &[Case] = &[
            (&[(0, READS)], Some(Next::Back)),
            (&[(0, None)], Some(Next::Back)),
            (&[(0, WAITS)], Some(Next::Back)),
            (&[(0, RUNS), (2_999, RUNS)], None),
            (&[(0, RUNS), (3_000, RUNS)], Some(Next::Missed)),
            (&[(0, RUNS), (500, READS)], Some(Next::Back)),
        ];
        check(|now| ReturnToInput::before_task(true, now), cases);
        let later: &[Case] = &[(&[(0, RUNS), (1_000, RUNS)], Some(Next::Missed))];
        check(|now| ReturnToInput::before_task(false, now), later);
    }

    #[test]
    fn an_answer_counts_once_its_process_is_back() {
        let cases: &[Case] = &[
            (&[(0, READS)], Some(Next::Back)),
            (&[(0, RUNS), (9_999, RUNS)], None),
            (&[(0, RUNS), (10_000, RUNS)], Some(Next::Missed)),
            (&[(0, WAITS), (49, WAITS)], None),
            (&[(0, WAITS), (50, WAITS)], Some(Next::Back)),
            // It has worked in between.
            (&[(0, WAITS), (40, RUNS), (60, WAITS), (100, WAITS)], None),
        ];
        check(
            |now| ReturnToInput::after_answer(Duration::from_millis(1), now),
            cases,
        );
        let slow: &[Case] = &[(&[(0, WAITS), (800, WAITS)], None)];
        check(
            |now| ReturnToInput::after_answer(Duration::from_secs(1), now),
            slow,
        );
    }
}
