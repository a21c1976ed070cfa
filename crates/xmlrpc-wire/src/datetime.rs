//! Dates with a time of day, as `dateTime.iso8601` carries them.

#[cfg(feature = "jiff")]
mod jiff;
mod parse;

use std::fmt;

/// A date and a time of day, as `dateTime.iso8601` carries them.
///
/// The specification has no time zone: two peers agree on one between themselves. Some peers
/// write a fraction of the second or an offset all the same, and a decoded value keeps them.
/// Values are ordered by their fields, which is the order in time only within one zone.
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
    /// 1 to 31, depending on the month.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60 (a leap second).
    pub second: u8,
    /// The fraction of the second in nanoseconds, 0 to 999,999,999, if there is one.
    pub nanosecond: Option<u32>,
    /// The offset in minutes east of UTC, -1439 to 1439, if there is one; 0 for `Z`.
    pub offset: Option<i16>,
}

impl DateTime {
    /// Creates a date and time, or returns `None` if there is no such day or time of day.
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

    /// Returns the date and time with a fraction of the second in nanoseconds, or `None` for a
    /// whole second or more.
    pub fn with_nanosecond(self, nanosecond: u32) -> Option<DateTime> {
        (nanosecond < 1_000_000_000).then_some(DateTime {
            nanosecond: Some(nanosecond),
            ..self
        })
    }

    /// Returns the date and time with an offset in minutes east of UTC, or `None` for a whole
    /// day or more.
    pub fn with_offset(self, minutes: i16) -> Option<DateTime> {
        (minutes.unsigned_abs() < 24 * 60).then_some(DateTime {
            offset: Some(minutes),
            ..self
        })
    }

    /// Writes the fraction, as 3, 6 or 9 digits, and the offset, if the moment has them.
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

/// Displays the form of the specification, `19980717T14:08:55`, followed by the fraction and
/// the offset if there are any.
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

/// Returns the number of days in a month; 0 if there is no such month.
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
    fn each_month_has_its_days() {
        let days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for (month, last) in (1..).zip(days) {
            assert!(
                DateTime::new(2023, month, last, 0, 0, 0).is_some(),
                "{month}"
            );
            assert_eq!(
                DateTime::new(2023, month, last + 1, 0, 0, 0),
                None,
                "{month}"
            );
        }
        assert_eq!(DateTime::new(2023, 0, 1, 0, 0, 0), None);
        assert_eq!(DateTime::new(2023, 13, 1, 0, 0, 0), None);
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
