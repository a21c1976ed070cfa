//! A limit on the rate of log lines.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// The shortest time between two lines.
const PERIOD: Duration = Duration::from_secs(5);

/// A limit on the lines about one kind of event: the events between two lines are counted.
#[derive(Default)]
pub(crate) struct LogThrottle {
    last_line: Option<Instant>,
    suppressed: u64,
}

impl LogThrottle {
    /// Counts an event. Returns `None` if it gets no line, and otherwise how many got none
    /// since the last line.
    pub(crate) fn event(&mut self, now: Instant) -> Option<u64> {
        if self.last_line.is_some_and(|last| now < last + PERIOD) {
            self.suppressed += 1;
            return None;
        }
        self.last_line = Some(now);
        Some(std::mem::take(&mut self.suppressed))
    }

    /// Warns that a connection could not be accepted.
    pub(crate) fn accept_failed(&mut self, error: impl Display) {
        if let Some(unsaid) = self.event(Instant::now()) {
            log::warn!("can't accept a connection: {error} ({unsaid} more since the last line)");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_one_line_and_the_next_tells_how_many_went_unsaid() {
        let mut throttle = LogThrottle::default();
        let start = Instant::now();
        assert_eq!(throttle.event(start), Some(0));
        for _ in 0..3 {
            assert_eq!(throttle.event(start), None);
        }
        assert_eq!(throttle.event(start + PERIOD), Some(3));
        assert_eq!(throttle.event(start + PERIOD), None);
    }
}
