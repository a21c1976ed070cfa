//! Durations on the command line, in seconds.

use std::time::Duration;

use cli_support::seconds::positive;

/// Reads a number of seconds above 0, such as `600` or `0.5`.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(positive)
        .ok_or_else(|| "give a number of seconds above 0, such as 600 or 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_above_0() {
        assert_eq!(seconds("600"), Ok(Duration::from_secs(600)));
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["", "x", "0", "-1", "inf", "nan", "1e300", "1 s"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
