//! The value of `--halt`.

use reparte::Halt;

/// Reads a number of failed tasks, such as `10`, or a share of those that have ended, such as
/// `5%`.
pub(super) fn halt(text: &str) -> Result<Halt, String> {
    let read = match text.strip_suffix('%') {
        Some(percent) => percent
            .parse()
            .ok()
            .filter(|percent| (1..=100).contains(percent))
            .map(Halt::Percent),
        None => text
            .parse()
            .ok()
            .filter(|&tasks| tasks > 0)
            .map(Halt::Tasks),
    };
    read.ok_or_else(|| {
        "give a number of failed tasks above 0, such as 10, or a share from 1% to 100%".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_share_are_read() {
        for (text, expected) in [
            ("1", Some(Halt::Tasks(1))),
            ("18446744073709551615", Some(Halt::Tasks(u64::MAX))),
            ("1%", Some(Halt::Percent(1))),
            ("100%", Some(Halt::Percent(100))),
            ("0", None),
            ("0%", None),
            ("101%", None),
            ("-1", None),
            ("5 %", None),
            ("%", None),
            ("", None),
        ] {
            assert_eq!(halt(text).ok(), expected, "{text}");
        }
    }
}
