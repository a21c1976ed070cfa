//! How long a failed server is left alone.

use std::time::Duration;

/// The bound of the first wait; each failure in a row doubles it.
const FIRST: Duration = Duration::from_millis(100);
/// The bound of every wait.
pub(crate) const LONGEST: Duration = Duration::from_secs(4);

/// Exponential back-off with full jitter (Brooker, "Exponential Backoff And
/// Jitter", 2015): any wait from none to the bound, each as likely, so that
/// the clients of a server that returns don't come back all at once.
#[derive(Debug)]
pub(crate) struct Backoff {
    random: SplitMix,
}

impl Backoff {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: SplitMix::new(seed),
        }
    }

    /// The wait after so many failures in a row, the first being 1.
    pub(crate) fn wait(&mut self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        let bound = (FIRST * (1 << doublings)).min(LONGEST);
        let micros = u64::try_from(bound.as_micros()).expect("4 s is few microseconds");
        Duration::from_micros(self.random.below(micros + 1))
    }
}

/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators", 2014): the same numbers for the same seed.
#[derive(Debug)]
pub(crate) struct SplitMix {
    state: u64,
}

impl SplitMix {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A number below the bound, which is not 0. The bias is below one in
    /// 2^40 for the bounds in use.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_fill_the_doubling_bounds() {
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
            let waits: Vec<_> = (0..1000).map(|_| backoff.wait(failures)).collect();
            assert!(waits.iter().all(|&wait| wait <= bound), "{failures}");
            assert!(
                waits.iter().any(|&wait| wait > bound * 9 / 10),
                "{failures}"
            );
            assert!(waits.iter().any(|&wait| wait < bound / 10), "{failures}");
        }
    }

    #[test]
    fn a_seed_gives_its_own_waits() {
        let waits = |seed| {
            let mut backoff = Backoff::new(seed);
            [(); 4].map(|()| backoff.wait(9))
        };
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
    }
}
