//! The rate at which tasks end.

use std::collections::VecDeque;
use std::time::Duration;

use reparte::RunSummary;

/// The most intervals between samples: with a sample a second, 20 s.
const INTERVALS: usize = 20;

/// The number of tasks that had ended, at several times.
#[derive(Debug, Default)]
pub(super) struct RateWindow {
    /// The times from the start of the run, and the numbers of ended tasks.
    samples: VecDeque<(Duration, u64)>,
}

impl RateWindow {
    /// Returns the window of a whole run.
    pub(super) fn of_run(summary: &RunSummary) -> Self {
        let samples = [(Duration::ZERO, 0), sample(summary)];
        RateWindow {
            samples: samples.into(),
        }
    }

    /// Adds a sample, and drops the oldest if there are enough.
    pub(super) fn add(&mut self, summary: &RunSummary) {
        if self.samples.len() > INTERVALS {
            self.samples.pop_front();
        }
        self.samples.push_back(sample(summary));
    }

    /// Returns the tasks per second from the first sample to the last. `None` if no time
    /// lies between them.
    pub(super) fn per_second(&self) -> Option<f64> {
        let (&(since, before), &(now, after)) = (self.samples.front()?, self.samples.back()?);
        let time = now.saturating_sub(since).as_secs_f64();
        (time > 0.0).then(|| after.saturating_sub(before) as f64 / time)
    }
}

/// Counts the tasks that have ended in this run, without those that the journal had.
fn sample(summary: &RunSummary) -> (Duration, u64) {
    let resumed = summary.resumed.min(summary.done);
    (summary.elapsed, summary.done + summary.failed - resumed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_looks() {
        let window = |samples: &[(u64, u64)]| {
            let samples = samples.iter();
            RateWindow {
                samples: samples
                    .map(|&(at, ended)| (Duration::from_secs(at), ended))
                    .collect(),
            }
        };
        assert_eq!(window(&[]).per_second(), None);
        assert_eq!(window(&[(1, 5)]).per_second(), None);
        let three = window(&[(1, 5), (2, 9), (5, 25)]);
        assert_eq!(three.per_second(), Some(5.0));
    }
}
