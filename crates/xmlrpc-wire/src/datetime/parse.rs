//! The parser of dates and times, in the forms that peers write.

use crate::datetime::DateTime;

impl DateTime {
    /// Parses a date and time in any form that peers write.
    ///
    /// The date may have dashes, and the time colons. Seconds, a fraction and an offset are
    /// optional. Returns `None` for any other text.
    ///
    /// ```
    /// # use xmlrpc_wire::DateTime;
    /// let moment = DateTime::new(1998, 7, 17, 14, 8, 55);
    /// assert_eq!(DateTime::parse("19980717T14:08:55"), moment);
    /// assert_eq!(DateTime::parse("1998-07-17T140855"), moment);
    /// assert_eq!(DateTime::parse("yesterday"), None);
    /// ```
    pub fn parse(text: &str) -> Option<DateTime> {
        parse(text.as_bytes())
    }
}

/// Parses a date, a `T`, a time of day, and an optional fraction and offset.
fn parse(text: &[u8]) -> Option<DateTime> {
    let mut rest = text;
    let century = two_digits(&mut rest)?;
    let year = u16::from(century) * 100 + u16::from(two_digits(&mut rest)?);
    let dashes = take_any_of(&mut rest, b"-").is_some();
    let month = two_digits(&mut rest)?;
    if dashes {
        take_any_of(&mut rest, b"-")?;
    }
    let day = two_digits(&mut rest)?;
    take_any_of(&mut rest, b"Tt")?;
    let hour = two_digits(&mut rest)?;
    let colons = take_any_of(&mut rest, b":").is_some();
    let minute = two_digits(&mut rest)?;
    let seconds = if colons {
        take_any_of(&mut rest, b":").is_some()
    } else {
        rest.first().is_some_and(u8::is_ascii_digit)
    };
    let second = if seconds { two_digits(&mut rest)? } else { 0 };
    let mut moment = DateTime::new(year, month, day, hour, minute, second)?;
    if seconds && take_any_of(&mut rest, b".,").is_some() {
        moment = moment.with_nanosecond(fraction(&mut rest)?)?;
    }
    if !rest.is_empty() {
        moment = moment.with_offset(offset(&mut rest)?)?;
    }
    rest.is_empty().then_some(moment)
}

/// Takes one byte that is one of `any`.
fn take_any_of(rest: &mut &[u8], any: &[u8]) -> Option<u8> {
    let (first, after) = rest.split_first()?;
    any.contains(first).then(|| {
        *rest = after;
        *first
    })
}

/// Takes two digits.
fn two_digits(rest: &mut &[u8]) -> Option<u8> {
    let ([tens, ones], after) = rest.split_first_chunk::<2>()?;
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| {
        *rest = after;
        (tens - b'0') * 10 + (ones - b'0')
    })
}

/// Takes at least one digit, and returns nanoseconds. Digits after the ninth are ignored.
fn fraction(rest: &mut &[u8]) -> Option<u32> {
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let (fraction, after) = rest.split_at(digits);
    *rest = after;
    let padded = fraction.iter().copied().chain(std::iter::repeat(b'0'));
    let nanoseconds = padded
        .take(9)
        .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    (digits > 0).then_some(nanoseconds)
}

/// Takes `Z`, or a sign, hours and optional minutes, and returns minutes east of UTC.
fn offset(rest: &mut &[u8]) -> Option<i16> {
    let sign = match take_any_of(rest, b"Zz+-")? {
        b'+' => 1,
        b'-' => -1,
        _ => return Some(0),
    };
    let hours = two_digits(rest)?;
    let minutes = match take_any_of(rest, b":") {
        None if rest.is_empty() => 0,
        _ => two_digits(rest)?,
    };
    (minutes <= 59).then(|| sign * (i16::from(hours) * 60 + i16::from(minutes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_usual_forms() {
        for (text, read) in [
            ("19980717T14:08:55", "19980717T14:08:55"),
            ("1998-07-17T14:08:55", "19980717T14:08:55"),
            ("19980717T140855", "19980717T14:08:55"),
            ("1998-07-17t14:08:55", "19980717T14:08:55"),
            ("19980717T14:08", "19980717T14:08:00"),
            ("19980717T1408", "19980717T14:08:00"),
            ("19980717T14:08:55Z", "19980717T14:08:55Z"),
            ("19980717T140855z", "19980717T14:08:55Z"),
            ("1998-07-17T14:08:55.5", "19980717T14:08:55.500"),
            ("1998-07-17T14:08:55,25Z", "19980717T14:08:55.250Z"),
            (
                "19980717T14:08:55.1234567899-0330",
                "19980717T14:08:55.123456789-03:30",
            ),
            ("19980717T14:08:55+02", "19980717T14:08:55+02:00"),
            ("19980717T1408+02:00", "19980717T14:08:00+02:00"),
            ("19980717T14:08:55-00:00", "19980717T14:08:55Z"),
        ] {
            let moment = parse(text.as_bytes()).expect(text);
            assert_eq!(moment.to_string(), read, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_date_and_time() {
        for text in [
            "",
            "T",
            "19980717",
            "19980717 14:08:55",
            "19980230T00:00:00",
            "19981317T14:08:55",
            "19980017T14:08:55",
            "19980717T24:08:55",
            "19980717T14:60:55",
            "19980717T14:08:61",
            "1998-0717T14:08:55",
            "199807-17T14:08:55",
            "19980717T14:0855",
            "19980717T1408:55",
            "1998071xT14:08:55",
            "-9980717T14:08:55",
            "1998--717T14:08:55",
            "1998٠٧17T14:08:55",
            "19980717T14:08:55.",
            "19980717T14:08.5",
            "19980717T14:08:55+24:00",
            "19980717T14:08:55+02:60",
            "19980717T14:08:55+2",
            "19980717T14:08:55+02:",
            "19980717T14:08:55ZZ",
            "19980717T14:08:55 Z",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text:?}");
        }
    }
}
