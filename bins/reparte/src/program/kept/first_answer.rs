//! The first answer of a process, which counts once the process has come back for another task.
//!
//! A greeting, or a line that a library prints, has the form of an answer. The answer itself
//! follows before the process reads on, and shows that they are two.

use std::time::{Duration, Instant};

use crate::program::kept::activity::Activity;

/// The time for which a process may be at work after its answer, until that counts.
const LONGEST: Duration = Duration::from_secs(10);

/// The time for which a process may wait for something that is perhaps its next task.
const PATIENCE: Duration = Duration::from_millis(50);

/// The first and the longest pause between two looks.
const FIRST_PAUSE: Duration = Duration::from_micros(500);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// A first answer that is to be confirmed.
#[derive(Debug)]
pub(super) struct FirstAnswer {
    came: Instant,
    /// The time since which the process has waited. `None` while it works.
    waits: Option<Instant>,
}

impl FirstAnswer {
    pub(super) fn new(now: Instant) -> Self {
        FirstAnswer {
            came: now,
            waits: None,
        }
    }

    /// Returns how long to wait before the next look at a process that does this now. `None` once
    /// its answer counts.
    pub(super) fn pause(&mut self, activity: Option<Activity>, now: Instant) -> Option<Duration> {
        let time = now.saturating_duration_since(self.came);
        match activity? {
            Activity::Reads => return None,
            Activity::Runs => self.waits = None,
            Activity::Waits => {
                let since = *self.waits.get_or_insert(now);
                if now.saturating_duration_since(since) >= PATIENCE {
                    return None;
                }
            }
        }
        (time < LONGEST).then(|| (time / 8).clamp(FIRST_PAUSE, LONGEST_PAUSE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_once_its_process_reads_on() {
        let begin = Instant::now();
        let at = |millis| begin + Duration::from_millis(millis);
        let (runs, waits) = (Some(Activity::Runs), Some(Activity::Waits));
        for (looks, counts) in [
            (vec![(0, Some(Activity::Reads))], true),
            (vec![(0, None)], true),
            (vec![(0, runs), (9_000, runs)], false),
            (vec![(0, runs), (10_000, runs)], true),
            (vec![(0, runs), (5_000, Some(Activity::Reads))], true),
            (vec![(0, waits), (49, waits)], false),
            (vec![(0, waits), (50, waits)], true),
            // It has worked in between.
            (
                vec![(0, waits), (40, runs), (60, waits), (100, waits)],
                false,
            ),
        ] {
            let mut answer = FirstAnswer::new(begin);
            let pauses: Vec<_> = looks
                .iter()
                .map(|&(time, activity)| answer.pause(activity, at(time)))
                .collect();
            let (last, before) = pauses.split_last().unwrap();
            assert!(before.iter().all(Option::is_some), "{looks:?}");
            assert_eq!(last.is_none(), counts, "{looks:?}");
        }
    }
}
