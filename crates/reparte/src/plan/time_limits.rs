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
