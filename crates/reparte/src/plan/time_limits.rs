//! The time limits of a call.

use std::time::Duration;

use crate::plan::durations::Durations;

/// Time past its limit for which a call is waited for. The destination keeps
/// the limit itself; this is its time to do so.
const GRACE: Duration = Duration::from_millis(500);
/// The shortest limit that follows from the median.
const SHORTEST: Duration = Duration::from_secs(1);
/// Number of calls that must have succeeded before a limit follows from their
/// median.
const ENOUGH: u64 = 5;

/// An absolute limit and one in multiples of the median. The shorter one counts.
#[derive(Debug)]
pub(super) struct TimeLimits {
    absolute: Option<Duration>,
    medians: Option<u32>,
}

impl TimeLimits {
    pub(super) fn new(absolute: Option<Duration>, medians: Option<u32>) -> Self {
        Self {
            absolute: absolute.map(|limit| limit.saturating_add(GRACE)),
            medians,
        }
    }

    /// Returns how long a call may run, if there is a limit.
    pub(super) fn limit(&self, durations: &Durations) -> Option<Duration> {
        let median = durations.median().filter(|_| durations.count() >= ENOUGH);
        let relative = self.medians.zip(median);
        let relative = relative.map(|(times, median)| median.saturating_mul(times).max(SHORTEST));
        self.absolute.into_iter().chain(relative).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn durations(count: u64, each: Duration) -> Durations {
        let mut durations = Durations::new();
        (0..count).for_each(|_| durations.add(each));
        durations
    }

    #[test]
    fn the_shorter_limit_counts_and_a_median_needs_five_calls() {
        let secs = Duration::from_secs;
        let of_median = |count, each| {
            let durations = durations(count, each);
            4 * durations.median().unwrap()
        };
        for (absolute, medians, count, each, limit) in [
            (None, None, 9, secs(1), None),
            (Some(secs(2)), None, 0, secs(1), Some(secs(2) + GRACE)),
            (None, Some(4), 4, secs(1), None),
            (None, Some(4), 5, secs(1), Some(of_median(5, secs(1)))),
            (Some(secs(2)), Some(4), 5, secs(1), Some(secs(2) + GRACE)),
            (
                Some(secs(9)),
                Some(4),
                5,
                secs(1),
                Some(of_median(5, secs(1))),
            ),
            (None, Some(4), 5, Duration::from_millis(1), Some(SHORTEST)),
            (Some(Duration::MAX), None, 0, secs(1), Some(Duration::MAX)),
        ] {
            let limits = TimeLimits::new(absolute, medians);
            let durations = durations(count, each);
            assert_eq!(limits.limit(&durations), limit, "{absolute:?} {medians:?}");
        }
    }
}
