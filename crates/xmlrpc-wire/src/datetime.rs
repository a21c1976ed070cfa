//! `dateTime.iso8601`: a date and a time of day.

mod parse;

#[cfg(feature = "jiff")]
mod jiff;

use std::fmt;

/// A date and a time of day as `dateTime.iso8601` carries them.
///
/// The specification gives no zone: two peers agree on one between themselves. Some
/// peers write a fraction of the second and an offset all the same; these are kept
/// where they were given. The order is that of the fields, so it is the order in time
/// only among moments of one zone.
///
/// ```
/// use xmlrpc_wire::DateTime;
///
/// let moment = DateTime::new(1998, 7, 17, 14, 8, 55).unwrap();
/// assert_eq!(moment.to_string(), "19980717T14:08:55");
/// let moment = moment.with_nanosecond(500_000_000).unwrap();
/// assert_eq!(moment.with_offset(120).unwrap().to_string(), "19980717T14:08:55.500+02:00");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct DateTime {
    /// 0 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31, as the month has them.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60 (a leap second).
    pub second: u8,
    /// Nanoseconds of the second, 0 to 999,999,999, where a fraction was given.
    pub nanosecond: Option<u32>,
    /// Minutes east of UTC, -1439 to 1439, where an offset or a `Z` was given.
    pub offset: Option<i16>,
}

impl DateTime {
    /// A date and time, or `None` where there is no such day or time of day.
    pub fn new(
        year: u16,
        month: u8,
        day: u8,
        hour: u8,
        minute: u8,
        second: u8,
    ) -> Option<DateTime> {
        let real = year <= 9999
            && (1..=days_in(year, month)).contains(&day)
            && hour <= 23
            && minute <= 59
            && second <= 60;
        real.then_some(DateTime {
            year,
            month,
            day,
            hour,
            minute,
            second,
            nanosecond: None,
            offset: None,
        })
    }

    /// The same with a fraction of the second, in nanoseconds; `None` from a whole
    /// second on.
    pub fn with_nanosecond(self, nanosecond: u32) -> Option<DateTime> {
        (nanosecond < 1_000_000_000).then_some(DateTime {
            nanosecond: Some(nanosecond),
            ..self
        })
    }

    /// The same with an offset, in minutes east of UTC; `None` from a whole day on.
    pub fn with_offset(self, minutes: i16) -> Option<DateTime> {
        (minutes.unsigned_abs() < 24 * 60).then_some(DateTime {
            offset: Some(minutes),
            ..self
        })
    }

    /// Reads one as peers write it: dashes in the date or none, colons in the time or
    /// none, seconds or none, then a fraction and an offset, each or neither. `None` where
    /// it is no date and time.
    ///
    /// ```
    /// # use xmlrpc_wire::DateTime;
    /// let moment = DateTime::new(1998, 7, 17, 14, 8, 55);
    /// assert_eq!(DateTime::parse("19980717T14:08:55"), moment);
    /// assert_eq!(DateTime::parse("1998-07-17T140855"), moment);
    /// assert_eq!(DateTime::parse("yesterday"), None);
    /// ```
    pub fn parse(text: &str) -> Option<DateTime> {
        parse::parse(text.as_bytes())
    }

    /// Writes the fraction, as 3, 6 or 9 digits, and the offset, each where it is given.
    pub(crate) fn write_tail(&self, out: &mut impl fmt::Write) -> fmt::Result {
        match self.nanosecond {
            None => {}
            Some(n) if n % 1_000_000 == 0 => write!(out, ".{:03}", n / 1_000_000)?,
            Some(n) if n % 1_000 == 0 => write!(out, ".{:06}", n / 1_000)?,
            Some(n) => write!(out, ".{n:09}")?,
        }
        match self.offset {
            None => Ok(()),
            Some(0) => out.write_char('Z'),
            Some(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                let minutes = minutes.unsigned_abs();
                write!(out, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

/// The form of the specification, `19980717T14:08:55`, followed by the fraction and the
/// offset where they are given.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}{:02}{:02}T{:02}:{:02}:{:02}",
            self.year, self.month, self.day, self.hour, self.minute, self.second
        )?;
        self.write_tail(f)
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    let leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_leap_years() {
        for (year, real) in [(2000, true), (1900, false), (2024, true), (2023, false)] {
            let leap_day = DateTime::new(year, 2, 29, 0, 0, 0);
            assert_eq!(leap_day.is_some(), real, "{year}");
        }
    }

    #[test]
    fn a_fraction_and_an_offset_have_their_ranges() {
        let moment = DateTime::new(2000, 1, 1, 0, 0, 0).unwrap();
        assert_eq!(moment.with_nanosecond(1_000_000_000), None);
        assert_eq!(moment.with_offset(1440), None);
        assert_eq!(moment.with_offset(i16::MIN), None);
        for (nanosecond, offset, text) in [
            (0, 0, "20000101T00:00:00.000Z"),
            (1_000, -1439, "20000101T00:00:00.000001-23:59"),
            (1, 90, "20000101T00:00:00.000000001+01:30"),
        ] {
            let full = moment
                .with_nanosecond(nanosecond)
                .and_then(|m| m.with_offset(offset))
                .unwrap();
            assert_eq!(full.to_string(), text);
            assert_eq!(DateTime::parse(text), Some(full));
        }
    }
}
