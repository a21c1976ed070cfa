//! Durations as people read them.

use std::fmt;
use std::time::Duration;

/// A duration as minutes and seconds, with hours in front if there are any: of a countdown.
pub(crate) struct Clock(pub(crate) Duration);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        match hours {
            0 => write!(f, "{minutes}:{seconds:02}"),
            _ => write!(f, "{hours}:{minutes:02}:{seconds:02}"),
        }
    }
}

/// A duration in the units in which people plan.
pub(crate) struct LongTime(pub(crate) Duration);

impl fmt::Display for LongTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600, seconds / 60 % 60);
        match (days, hours, minutes) {
            (2.., ..) => write!(f, "{days} days"),
            (_, 1.., 0) => write!(f, "{hours} h"),
            (_, 1.., _) => write!(f, "{hours} h {minutes} min"),
            (_, 0, 2..) => write!(f, "{minutes} min"),
            (_, 0, _) => write!(f, "{seconds} s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_time_has_the_units_of_plans() {
        for (seconds, text) in [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (3_900, "1 h 5 min"),
            (93_784, "26 h 3 min"),
            (172_799, "47 h 59 min"),
            (172_800, "2 days"),
            (604_799, "6 days"),
        ] {
            assert_eq!(LongTime(Duration::from_secs(seconds)).to_string(), text);
        }
    }
}
