//! The pause of a server that has failed.

use std::time::Duration;

use crate::plan::random::SplitMix;

/// Upper bound of the first pause. Each failure in a row doubles it.
const FIRST: Duration = Duration::from_millis(100);
/// Upper bound of every pause.
pub(super) const LONGEST: Duration = Duration::from_secs(4);

/// Exponential back-off with full jitter (Brooker, "Exponential Backoff And
/// Jitter", 2015). Each pause is uniform between zero and its bound, so the
/// clients of a server that returns don't come back all at once.
#[derive(Debug)]
pub(super) struct Backoff {
    random: SplitMix,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: SplitMix::new(seed),
        }
    }

    /// Draws the pause after the given number of failures in a row, at least 1.
    pub(super) fn pause(&mut self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        let bound = (FIRST * (1 << doublings)).min(LONGEST);
        let micros = u64::try_from(bound.as_micros()).expect("4 s is few microseconds");
        Duration::from_micros(self.random.below(micros + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_fill_the_doubling_bounds() {
        let mut backoff = Backoff::new(1);
        for (failures, bound_ms) in [
            (1, 100),
            (2, 200),
            (5, 1600),
            (6, 3200),
            (7, 4000),
            (99, 4000),
        ] {
            let bound = Duration::from_millis(bound_ms);
            let pauses: Vec<_> = (0..1000).map(|_| backoff.pause(failures)).collect();
            assert!(pauses.iter().all(|&pause| pause <= bound), "{failures}");
            assert!(
                pauses.iter().any(|&pause| pause > bound * 9 / 10),
                "{failures}"
            );
            assert!(pauses.iter().any(|&pause| pause < bound / 10), "{failures}");
        }
    }

    #[test]
    fn equal_seeds_give_equal_pauses() {
        let pauses = |seed| {
            let mut backoff = Backoff::new(seed);
            [(); 4].map(|()| backoff.pause(9))
        };
        assert_eq!(pauses(7), pauses(7));
        assert_ne!(pauses(7), pauses(8));
    }
}
