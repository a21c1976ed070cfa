//! How long tasks usually take.

use std::time::Duration;

/// Each power of two of microseconds has so many buckets: a bucket is an
/// eighth wide, and so is the error of the median.
const STEPS: u32 = 8;
const STEP_BITS: u32 = STEPS.ilog2();
/// 2^44 microseconds are half a year.
const BUCKETS: usize = (44 - STEP_BITS as usize + 1) * STEPS as usize;

/// The median of durations, to an eighth, in constant space.
#[derive(Debug)]
pub(super) struct Median {
    counts: [u32; BUCKETS],
    count: u64,
    /// The bucket of the median, and how many lie in those before it.
    at: usize,
    before: u64,
}

impl Median {
    pub(super) fn new() -> Self {
        Self {
            counts: [0; BUCKETS],
            count: 0,
            at: 0,
            before: 0,
        }
    }

    pub(super) fn add(&mut self, time: Duration) {
        let bucket = bucket(time);
        self.counts[bucket] = self.counts[bucket].saturating_add(1);
        self.count += 1;
        self.before += u64::from(bucket < self.at);
        // The median is the element with at most half of the others before it.
        while self.before > self.count / 2 {
            self.at -= 1;
            self.before -= u64::from(self.counts[self.at]);
        }
        while self.before + u64::from(self.counts[self.at]) <= self.count / 2 {
            self.before += u64::from(self.counts[self.at]);
            self.at += 1;
        }
    }

    /// How many durations it is the median of.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The median, rounded up; none without durations.
    pub(super) fn get(&self) -> Option<Duration> {
        (self.count > 0).then(|| Duration::from_micros(upper(self.at)))
    }
}

fn bucket(time: Duration) -> usize {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    if micros < u64::from(STEPS) {
        return usize::try_from(micros).unwrap_or(0);
    }
    let power = micros.ilog2() - STEP_BITS;
    let step = (micros >> power) as u32 & (STEPS - 1);
    (((power + 1) * STEPS + step) as usize).min(BUCKETS - 1)
}

/// The first duration past the bucket, in microseconds.
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
    use crate::plan::SplitMix;

    #[test]
    fn it_is_the_median_to_an_eighth() {
        let mut random = SplitMix::new(5);
        for most in [1, 6, 100, 1_000_000, u64::MAX / 4] {
            let (mut median, mut all) = (Median::new(), Vec::new());
            assert_eq!(median.get(), None);
            for _ in 0..200 {
                // Up to half a year: beyond, the last bucket holds everything.
                let micros = random.below(most).min(1 << 43);
                median.add(Duration::from_micros(micros));
                all.push(micros);
                all.sort_unstable();
                let exact = all[all.len() / 2] as f64;
                let got = median.get().unwrap().as_micros() as f64;
                assert!(
                    got > exact && got <= exact * 1.125 + 1.0,
                    "{got} for {exact}"
                );
            }
        }
    }
}
