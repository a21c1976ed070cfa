//! Durations on a command line.

use std::time::Duration;

/// Returns a duration of so many seconds, if it is above 0 and not too long for [`Duration`].
pub fn positive(seconds: f64) -> Option<Duration> {
    let duration = Duration::try_from_secs_f64(seconds).ok();
    duration.filter(|duration| !duration.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_above_0() {
        assert_eq!(positive(600.0), Some(Duration::from_secs(600)));
        assert_eq!(positive(0.5), Some(Duration::from_millis(500)));
        for seconds in [0.0, -0.0, -1.0, 1e-10, 1e300, f64::INFINITY, f64::NAN] {
            assert_eq!(positive(seconds), None, "{seconds}");
        }
    }
}
