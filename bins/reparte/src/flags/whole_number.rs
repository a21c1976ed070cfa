//! Whole numbers on the command line.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Returns a reader of whole numbers of a range.
pub(crate) fn whole_number<N>(
    range: RangeInclusive<N>,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static
where
    N: Clone + Display + FromStr + PartialOrd + Send + Sync + 'static,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        let (least, most) = (range.start(), range.end());
        number.ok_or_else(|| format!("give a whole number from {least} to {most}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_of_its_range() {
        let read = whole_number(1..=255_u8);
        assert_eq!((read("1"), read("255")), (Ok(1), Ok(255)));
        for text in ["", "x", "0", "-1", "1.5", "256", "99999999999999999999"] {
            let error = Err("give a whole number from 1 to 255".to_owned());
            assert_eq!(read(text), error, "{text}");
        }
    }
}
