//! Conversions between dates and jiff's types (feature `jiff`).

use jiff::civil;
use jiff::tz::{Offset, TimeZone};
use jiff::{Error, Timestamp, Zoned};

use crate::datetime::DateTime;

/// Ignores the offset. A leap second becomes the second before it.
///
/// # Errors
///
/// None for a value of [`DateTime::new`].
impl TryFrom<DateTime> for civil::DateTime {
    type Error = Error;

    fn try_from(moment: DateTime) -> Result<Self, Error> {
        // The fields fit in an i8 or an i16 by their ranges; jiff checks them again.
        let small = |field: u8| i8::try_from(field).unwrap_or(i8::MAX);
        civil::DateTime::new(
            i16::try_from(moment.year).unwrap_or(i16::MAX),
            small(moment.month),
            small(moment.day),
            small(moment.hour),
            small(moment.minute),
            small(moment.second.min(59)),
            i32::try_from(moment.nanosecond.unwrap_or(0)).unwrap_or(i32::MAX),
        )
    }
}

/// Takes a value without an offset as UTC, which the two peers have to agree on.
///
/// # Errors
///
/// A moment at the very ends of jiff's range; none for any other value of [`DateTime::new`].
impl TryFrom<DateTime> for Timestamp {
    type Error = Error;

    fn try_from(moment: DateTime) -> Result<Self, Error> {
        let offset = Offset::from_seconds(i32::from(moment.offset.unwrap_or(0)) * 60)?;
        offset.to_timestamp(civil::DateTime::try_from(moment)?)
    }
}

/// Gives no offset, and a fraction only if it is not zero.
///
/// # Errors
///
/// A year before 0.
impl TryFrom<civil::DateTime> for DateTime {
    type Error = Error;

    fn try_from(civil: civil::DateTime) -> Result<Self, Error> {
        // The fields of a civil date are never negative, but for the year.
        let plain = |field: i8| field.unsigned_abs();
        u16::try_from(civil.year())
            .ok()
            .and_then(|year| {
                DateTime::new(
                    year,
                    plain(civil.month()),
                    plain(civil.day()),
                    plain(civil.hour()),
                    plain(civil.minute()),
                    plain(civil.second()),
                )
            })
            .and_then(|moment| match civil.subsec_nanosecond() {
                0 => Some(moment),
                nanosecond => moment.with_nanosecond(nanosecond.unsigned_abs()),
            })
            .ok_or_else(|| Error::from_args(format_args!("XML-RPC has no year {}", civil.year())))
    }
}

/// Gives the time in UTC, with the offset 0.
///
/// # Errors
///
/// A year before 0.
impl TryFrom<Timestamp> for DateTime {
    type Error = Error;

    fn try_from(timestamp: Timestamp) -> Result<Self, Error> {
        DateTime::try_from(&timestamp.to_zoned(TimeZone::UTC))
    }
}

/// Gives the time in its own zone, with the offset. Seconds of the offset are dropped.
///
/// # Errors
///
/// A year before 0.
impl TryFrom<&Zoned> for DateTime {
    type Error = Error;

    fn try_from(zoned: &Zoned) -> Result<Self, Error> {
        let minutes = i16::try_from(zoned.offset().seconds() / 60).unwrap_or(i16::MAX);
        DateTime::try_from(zoned.datetime())?
            .with_offset(minutes)
            .ok_or_else(|| Error::from_args(format_args!("XML-RPC has no offset of a day")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_go_to_jiff_and_back() {
        for text in [
            "1998-07-17T14:08:55",
            "0000-01-01T00:00:00.5",
            "9999-12-31T23:59:59.999999999",
        ] {
            let civil: civil::DateTime = text.parse().unwrap();
            let moment = DateTime::try_from(civil).unwrap();
            assert_eq!(civil::DateTime::try_from(moment).unwrap(), civil);
        }
        let timestamp: Timestamp = "1998-07-17T14:08:55.25Z".parse().unwrap();
        let moment = DateTime::try_from(timestamp).unwrap();
        assert_eq!(moment.to_string(), "19980717T14:08:55.250Z");
        assert_eq!(Timestamp::try_from(moment).unwrap(), timestamp);
        let east = DateTime::parse("19980717T16:08:55.25+0200").unwrap();
        assert_eq!(Timestamp::try_from(east).unwrap(), timestamp);
        for (zoned, text) in [
            (
                "1998-07-17T14:08:55+05:30[+05:30]",
                "19980717T14:08:55+05:30",
            ),
            (
                "1998-07-17T14:08:55-00:30[-00:30]",
                "19980717T14:08:55-00:30",
            ),
        ] {
            let zoned: Zoned = zoned.parse().unwrap();
            assert_eq!(DateTime::try_from(&zoned).unwrap().to_string(), text);
        }
        let before: civil::DateTime = "-000001-01-01T00:00:00".parse().unwrap();
        assert!(DateTime::try_from(before).is_err());
    }
}
