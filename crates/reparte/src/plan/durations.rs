//! The median duration of the calls that have succeeded.

use std::time::Duration;

/// Number of buckets in each power of two of microseconds. The width of a
/// bucket, an eighth, bounds the error of the median.
const STEPS: u32 = 8;
const STEP_BITS: u32 = STEPS.ilog2();
/// Number of all buckets: up to 2^44 microseconds, half a year.
const BUCKETS: usize = (44 - STEP_BITS as usize + 1) * STEPS as usize;

/// A histogram of durations, which gives their median to an eighth in constant
/// space.
#[derive(Debug)]
pub(super) struct Durations {
    counts: [u32; BUCKETS],
    count: u64,
    /// Index of the median's bucket.
    at: usize,
    /// Number of durations in the buckets below `at`. At most half of `count`,
    /// and more than half together with bucket `at`.
    before: u64,
}

impl Durations {
    pub(super) fn new() -> Self {
        Self {
            counts: [0; BUCKETS],
            count: 0,
            at: 0,
            before: 0,
        }
    }

    /// Adds a duration. Moves the median by the buckets between the old and the
    /// new one, mostly none.
    pub(super) fn add(&mut self, time: Duration) {
        let bucket = bucket(time);
        self.counts[bucket] = self.counts[bucket].saturating_add(1);
        self.count += 1;
        self.before += u64::from(bucket < self.at);
        while self.before > self.count / 2 {
            self.at -= 1;
            self.before -= u64::from(self.counts[self.at]);
        }
        while self.before + u64::from(self.counts[self.at]) <= self.count / 2 {
            self.before += u64::from(self.counts[self.at]);
            self.at += 1;
        }
    }

    /// Returns the number of durations.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Returns the median, rounded up, or `None` without durations.
    pub(super) fn median(&self) -> Option<Duration> {
        (self.count > 0).then(|| Duration::from_micros(upper(self.at)))
    }
}

/// Returns the index of the bucket that a duration falls into.
fn bucket(time: Duration) -> usize {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    if micros < u64::from(STEPS) {
        return usize::try_from(micros).unwrap_or(0);
    }
    let power = micros.ilog2() - STEP_BITS;
    let step = (micros >> power) as u32 & (STEPS - 1);
    (((power + 1) * STEPS + step) as usize).min(BUCKETS - 1)
}

/// Returns the first duration past the bucket, in microseconds.
fn upper(bucket: usize) -> u64 {
    let next = bucket as u64 + 1;
    let (power, step) = (next / u64::from(STEPS), next % u64::from(STEPS));
    match power {
        0 => step,
        _ => (u64::from(STEPS) + step) << (power - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::random::SplitMix;

    #[test]
    fn it_is_the_median_to_an_eighth() {
        let mut random = SplitMix::new(5);
        for most in [1, 6, 100, 1_000_000, u64::MAX / 4] {
            let (mut durations, mut all) = (Durations::new(), Vec::new());
            assert_eq!(durations.median(), None);
            for _ in 0..200 {
                // Up to half a year: beyond, the last bucket holds everything.
                let micros = random.below(most).min(1 << 43);
                durations.add(Duration::from_micros(micros));
                all.push(micros);
                all.sort_unstable();
                let exact = all[all.len() / 2] as f64;
                let got = durations.median().unwrap().as_micros() as f64;
                assert!(
                    got > exact && got <= exact * 1.125 + 1.0,
                    "{got} for {exact}"
                );
            }
        }
    }

    #[test]
    fn the_last_bucket_holds_all_that_is_longer() {
        assert_eq!(upper(BUCKETS - 1), 1 << 44);
        let mut durations = Durations::new();
        durations.add(Duration::MAX);
        assert_eq!(durations.median(), Some(Duration::from_micros(1 << 44)));
    }
}
