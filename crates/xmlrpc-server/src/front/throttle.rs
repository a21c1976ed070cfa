//! Log lines at a bounded rate.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// At most one line in this time.
const PERIOD: Duration = Duration::from_secs(5);

/// Counts what is not worth a line each.
#[derive(Default)]
pub(super) struct Throttle {
    last: Option<Instant>,
    unsaid: u64,
}

impl Throttle {
    /// How many went unsaid since the last line, if it is time for another.
    pub(super) fn ready(&mut self, now: Instant) -> Option<u64> {
        if self.last.is_some_and(|last| now < last + PERIOD) {
            self.unsaid += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }

    /// Warns that a peer has more connections than it may.
    #[cfg(feature = "hyper")]
    pub(super) fn too_many(&mut self, peer: std::net::IpAddr) {
        if let Some(unsaid) = self.ready(Instant::now()) {
            log::warn!("{peer} has too many connections ({unsaid} more since the last line)");
        }
    }

    /// Warns that a connection could not be accepted.
    pub(super) fn accept_failed(&mut self, error: impl Display) {
        if let Some(unsaid) = self.ready(Instant::now()) {
            log::warn!("can't accept a connection: {error} ({unsaid} more since the last line)");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_one_line_and_the_next_tells_how_many_went_unsaid() {
        let mut throttle = Throttle::default();
        let start = Instant::now();
        assert_eq!(throttle.ready(start), Some(0));
        for _ in 0..3 {
            assert_eq!(throttle.ready(start), None);
        }
        assert_eq!(throttle.ready(start + PERIOD), Some(3));
        assert_eq!(throttle.ready(start + PERIOD), None);
    }
}
