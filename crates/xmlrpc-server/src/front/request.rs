//! What a request says of its call beside it: the headers of the control protocol.

use std::time::Duration;

/// The client's name for the call.
pub(super) const CALL: &str = "Reparte-Call";

/// How long the client will wait, in milliseconds.
pub(super) const DEADLINE: &str = "Reparte-Deadline-Ms";

/// The longest name that is kept, in bytes.
const LONGEST: usize = 64;

/// The name, where it is one; what is none names nothing, and is no error, since nothing
/// depends on it.
pub(super) fn id(value: Option<&[u8]>) -> Option<&str> {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._:".contains(b);
    let value = value.filter(|value| !value.is_empty() && value.len() <= LONGEST)?;
    let text = value.iter().all(plain).then_some(value)?;
    std::str::from_utf8(text).ok()
}

/// The time, where it is digits.
pub(super) fn time(value: Option<&[u8]>) -> Option<Duration> {
    let value = value.filter(|value| !value.is_empty() && value.iter().all(u8::is_ascii_digit))?;
    let digits = std::str::from_utf8(value).ok()?;
    // A number that does not fit is longer than any clock runs.
    Some(Duration::from_millis(digits.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_plain() {
        let long = "x".repeat(LONGEST + 1);
        for (value, name) in [
            ("7f-1", Some("7f-1")),
            ("a.B:_c", Some("a.B:_c")),
            ("", None),
            ("a b", None),
            ("~1", None),
            ("\u{e9}", None),
            (&long, None),
        ] {
            assert_eq!(id(Some(value.as_bytes())), name, "{value}");
        }
        assert_eq!(id(None), None);
    }

    #[test]
    fn a_time_is_digits() {
        for (value, ms) in [
            ("0", Some(0)),
            ("1500", Some(1500)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("", None),
            ("-1", None),
            ("1.5", None),
        ] {
            let expected = ms.map(Duration::from_millis);
            assert_eq!(time(Some(value.as_bytes())), expected, "{value}");
        }
    }
}
