//! The headers of the control protocol: a call's id and its deadline.

use std::time::Duration;

/// The header with the client's id for its call.
pub(crate) const CALL_ID: &str = "Reparte-Call";

/// The header with the time for which the client waits, in milliseconds.
pub(crate) const DEADLINE_MS: &str = "Reparte-Deadline-Ms";

/// The most bytes of an id.
const MAX_ID_BYTES: usize = 64;

/// Reads a call's id. A value that is not a valid one counts as none: it is not an error,
/// since nothing depends on an id.
pub(crate) fn read_call_id(value: Option<&[u8]>) -> Option<&str> {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._:".contains(b);
    let value = value.filter(|value| !value.is_empty() && value.len() <= MAX_ID_BYTES)?;
    let text = value.iter().all(plain).then_some(value)?;
    std::str::from_utf8(text).ok()
}

/// Reads a deadline, as the time from now. A value that is not digits counts as none.
pub(crate) fn read_deadline(value: Option<&[u8]>) -> Option<Duration> {
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
        let long = "x".repeat(MAX_ID_BYTES + 1);
        for (value, name) in [
            ("7f-1", Some("7f-1")),
            ("a.B:_c", Some("a.B:_c")),
            ("", None),
            ("a b", None),
            ("~1", None),
            ("\u{e9}", None),
            (&long, None),
        ] {
            assert_eq!(read_call_id(Some(value.as_bytes())), name, "{value}");
        }
        assert_eq!(read_call_id(None), None);
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
            assert_eq!(read_deadline(Some(value.as_bytes())), expected, "{value}");
        }
    }
}
