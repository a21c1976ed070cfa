//! Decimal text to integers.
//!
//! The text has to be ASCII digits, `0` to `9`, leading zeros included, as the article requires.
//! Cost: one pass over the bytes and no allocation, so a text of many megabytes costs no more than
//! reading it; at most 39 digits are converted to a `u128`, and 1,000 to a [`Natural`].

use std::str::FromStr;

use crate::error::Error;
use crate::natural::Natural;

/// Text that is known to be one or more ASCII digits, and is not converted yet.
///
/// A server that limits the size of the numbers it accepts looks at
/// [`significant`](Self::significant) between the two steps: text is checked by [`new`](Self::new)
/// or [`of_integer`](Self::of_integer), and converted by [`to_u128`](Self::to_u128).
///
/// ```
/// use factorizar::{Digits, Error, factor};
///
/// let digits = Digits::new("0360")?;
/// assert_eq!(digits.significant(), 3);
/// assert_eq!(factor(digits.to_u128()?).as_slice(), [2, 2, 2, 3, 3, 5]);
///
/// assert_eq!(Digits::new("+360"), Err(Error::NotANumber));
/// assert_eq!(Digits::of_integer("-360"), Err(Error::Negative));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digits<'a> {
    /// The digits without leading zeros: empty for zero. ASCII digits only.
    significant: &'a str,
}

impl<'a> Digits<'a> {
    /// Digits of 2^128 - 1, the largest `u128`.
    pub const MAX: usize = 39;

    /// Checks text that a caller gave as a number. Leading zeros are accepted.
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`] if the text is empty or has any other character than the ASCII digits:
    /// also a sign, a space, a separator, a decimal point or another script's digit.
    pub fn new(text: &'a str) -> Result<Self, Error> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::NotANumber);
        }
        Ok(Digits {
            significant: text.trim_start_matches('0'),
        })
    }

    /// Checks the decimal text of an integer that a caller gave as an integer, not as text.
    ///
    /// # Errors
    ///
    /// [`Error::Negative`] if the text begins with a minus sign, otherwise as [`new`](Self::new).
    pub fn of_integer(text: &'a str) -> Result<Self, Error> {
        match text.strip_prefix('-') {
            Some(_) => Err(Error::Negative),
            None => Digits::new(text),
        }
    }

    /// Returns the number of digits, leading zeros not counted: 0 for zero.
    #[must_use]
    pub fn significant(&self) -> usize {
        self.significant.len()
    }

    /// Converts the digits.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if the number is 2^128 or more.
    pub fn to_u128(&self) -> Result<u128, Error> {
        let too_large = Error::TooLarge {
            digits: self.significant(),
        };
        if self.significant() > Digits::MAX {
            return Err(too_large);
        }
        let mut digits = self.significant.bytes().map(|byte| byte - b'0');
        digits
            .try_fold(0u128, |n, digit| {
                n.checked_mul(10)?.checked_add(digit.into())
            })
            .ok_or(too_large)
    }

    /// Converts the digits to a natural number.
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`] if there are more than [`Natural::MAX_DIGITS`].
    pub fn to_natural(&self) -> Result<Natural, Error> {
        let digits = self.significant();
        if digits > Natural::MAX_DIGITS {
            return Err(Error::TooLong { digits });
        }
        Natural::from_digits(self.significant).ok_or(Error::NotANumber)
    }
}

impl FromStr for Natural {
    type Err = Error;

    /// Reads decimal digits, as [`Digits::new`] and [`Digits::to_natural`] do.
    fn from_str(text: &str) -> Result<Self, Error> {
        Digits::new(text)?.to_natural()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<u128, Error> {
        Digits::new(text)?.to_u128()
    }

    #[test]
    fn what_is_a_number() {
        let cases = [
            ("0", 0),
            ("0000", 0),
            ("1", 1),
            ("012", 12),
            ("23434252232434", 23_434_252_232_434),
            ("18446744073709551616", 1 << 64),
            ("340282366920938463463374607431768211455", u128::MAX),
            ("000340282366920938463463374607431768211455", u128::MAX),
        ];
        for (text, n) in cases {
            assert_eq!(parse(text), Ok(n), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_a_number() {
        let cases = [
            "", "abc", "12 ", " 12", "+12", "-5", "-", "1_000", "0x10", "12.0", "1e3", "12\n",
            "12\0", "\u{663}", "1\u{663}", "\u{ff11}", "½", "1,000", "inf", "NaN", "True",
        ];
        for text in cases {
            assert_eq!(parse(text), Err(Error::NotANumber), "{text:?}");
        }
    }

    #[test]
    fn what_is_too_large() {
        let cases = [
            ("340282366920938463463374607431768211456".to_string(), 39),
            ("999999999999999999999999999999999999999".to_string(), 39),
            ("1000000000000000000000000000000000000000".to_string(), 40),
            (format!("00{}", "9".repeat(309)), 309),
            ("7".repeat(8 << 20), 8 << 20),
        ];
        for (text, digits) in cases {
            assert_eq!(parse(&text), Err(Error::TooLarge { digits }));
        }
    }

    #[test]
    fn a_natural_number_has_as_many_digits_as_are_factored() {
        for digits in [1, Digits::MAX, Digits::MAX + 1, Natural::MAX_DIGITS] {
            let text = "9".repeat(digits);
            let read = text.parse::<Natural>().map(|number| number.to_string());
            assert_eq!(read, Ok(text));
        }
        for digits in [Natural::MAX_DIGITS + 1, 5_000] {
            let read = "9".repeat(digits).parse::<Natural>();
            assert_eq!(read, Err(Error::TooLong { digits }));
        }
        assert_eq!("12 ".parse::<Natural>(), Err(Error::NotANumber));
    }

    #[test]
    fn megabytes_of_zeros_are_leading_zeros() {
        assert_eq!(parse(&format!("{}12", "0".repeat(8 << 20))), Ok(12));
    }

    #[test]
    fn an_integer_may_be_negative() {
        for text in ["-1", "-0", "-170141183460469231731687303715884105728"] {
            assert_eq!(Digits::of_integer(text), Err(Error::Negative), "{text:?}");
        }
        assert_eq!(Digits::of_integer("10").unwrap().to_u128(), Ok(10));
        assert_eq!(Digits::of_integer("+10"), Err(Error::NotANumber));
    }

    #[test]
    fn leading_zeros_are_not_significant() {
        for (text, significant) in [("0", 0), ("000", 0), ("7", 1), ("0070", 2)] {
            assert_eq!(
                Digits::new(text).unwrap().significant(),
                significant,
                "{text:?}"
            );
        }
        assert_eq!(u128::MAX.to_string().len(), Digits::MAX);
    }
}
