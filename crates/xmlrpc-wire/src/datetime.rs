//! `dateTime.iso8601`: a date and a time of day, without a zone.

use std::fmt;

/// A date and a time of day as `dateTime.iso8601` carries them.
///
/// The specification gives no zone: two peers agree on one between themselves.
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
        })
    }

    /// Reads `19980717T14:08:55`, and the same with dashes in the date.
    pub(crate) fn parse(text: &str) -> Option<DateTime> {
        let (date, time) = text.split_once('T')?;
        let date = digits::<8>(date, "-", &[4, 7])?;
        let time = digits::<6>(time, ":", &[2, 5])?;
        let pair = |digits: &[u8]| digits[0] * 10 + digits[1];
        DateTime::new(
            u16::from(pair(&date[..2])) * 100 + u16::from(pair(&date[2..4])),
            pair(&date[4..6]),
            pair(&date[6..8]),
            pair(&time[..2]),
            pair(&time[2..4]),
            pair(&time[4..6]),
        )
    }
}

/// The form of the specification: `19980717T14:08:55`.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}{:02}{:02}T{:02}:{:02}:{:02}",
            self.year, self.month, self.day, self.hour, self.minute, self.second
        )
    }
}

/// The `N` digits of `text`, with `separator` at all of `places` or at none.
fn digits<const N: usize>(text: &str, separator: &str, places: &[usize]) -> Option<[u8; N]> {
    let bare = if text.len() == N {
        text.to_owned()
    } else {
        let all_there = places
            .iter()
            .all(|&at| text.get(at..at + 1) == Some(separator));
        if text.len() != N + places.len() || !all_there {
            return None;
        }
        text.replace(separator, "")
    };
    let mut out = [0; N];
    if bare.len() != N {
        return None;
    }
    for (slot, byte) in out.iter_mut().zip(bare.bytes()) {
        *slot = byte.is_ascii_digit().then(|| byte - b'0')?;
    }
    Some(out)
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
    fn reads_both_forms_of_the_date_and_writes_the_specifications() {
        for text in [
            "19980717T14:08:55",
            "1998-07-17T14:08:55",
            "19980717T140855",
        ] {
            let read = DateTime::parse(text).expect(text);
            assert_eq!(read.to_string(), "19980717T14:08:55");
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
            "19980717T14:0855",
            "1998071xT14:08:55",
            "-9980717T14:08:55",
            "1998--717T14:08:55",
            "1998٠٧17T14:08:55",
        ] {
            assert_eq!(DateTime::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn knows_leap_years() {
        for (year, real) in [(2000, true), (1900, false), (2024, true), (2023, false)] {
            let leap_day = DateTime::new(year, 2, 29, 0, 0, 0);
            assert_eq!(leap_day.is_some(), real, "{year}");
        }
    }
}
