//! The time limit of a socket, which is told to the system only if it changes.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

/// The unit of limits. The time that is left until a deadline is rounded up to it, so that most
/// reads and writes of a connection have an equal limit.
const UNIT: Duration = Duration::from_millis(1);

/// The limit of a socket's reads, or of its writes.
#[derive(Debug, Default)]
pub(crate) struct TimeLimit {
    /// The limit that the socket has.
    set: Option<Duration>,
}

impl TimeLimit {
    /// Lets the next read or write end at a deadline, or up to a unit later. `set` gives the
    /// socket a limit.
    ///
    /// # Errors
    ///
    /// The deadline has passed, or those of `set`.
    pub(crate) fn set(
        &mut self,
        deadline: Instant,
        set: impl FnOnce(Duration) -> io::Result<()>,
    ) -> io::Result<()> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.set_time(left, set)
    }

    fn set_time(
        &mut self,
        left: Duration,
        set: impl FnOnce(Duration) -> io::Result<()>,
    ) -> io::Result<()> {
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        let limit = rounded_up(left);
        if self.set != Some(limit) {
            set(limit)?;
            self.set = Some(limit);
        }
        Ok(())
    }
}

fn rounded_up(time: Duration) -> Duration {
    let beyond = time.subsec_nanos() % UNIT.subsec_nanos();
    match beyond {
        0 => time,
        _ => time.saturating_add(UNIT - Duration::from_nanos(beyond.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up() {
        for (nanoseconds, milliseconds) in [
            (1, 1),
            (999_999, 1),
            (1_000_000, 1),
            (1_000_001, 2),
            (29_999_000_001, 30_000),
            (30_000_000_000, 30_000),
        ] {
            let rounded = rounded_up(Duration::from_nanos(nanoseconds));
            assert_eq!(
                rounded,
                Duration::from_millis(milliseconds),
                "{nanoseconds}"
            );
        }
    }

    #[test]
    fn an_equal_limit_is_set_once() {
        let mut limit = TimeLimit::default();
        let mut told = Vec::new();
        for microseconds in [10_000_u64, 9_999, 9_001, 9_000, 10_000] {
            let set = |time| {
                told.push(time);
                Ok(())
            };
            let left = Duration::from_micros(microseconds);
            limit.set_time(left, set).unwrap();
        }
        assert_eq!(told, [10, 9, 10].map(Duration::from_millis));
        let refuse = |_| Err(ErrorKind::InvalidInput.into());
        assert!(limit.set_time(Duration::from_millis(10), refuse).is_ok());
        // One that has failed is tried again.
        for _ in 0..2 {
            let failed = limit.set_time(Duration::from_millis(11), refuse);
            assert_eq!(failed.unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        let passed = limit.set(Instant::now(), |_| Ok(()));
        assert_eq!(passed.unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
