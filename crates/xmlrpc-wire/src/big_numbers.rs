//! Numbers of any length, as their exact decimal text.

use std::fmt;

/// An integer of any length, in decimal text, as `<biginteger>` carries it.
///
/// The text has no `+`, no leading zeros and no negative zero: equal numbers have equal texts.
///
/// ```
/// use xmlrpc_wire::BigInteger;
///
/// let big = BigInteger::new("+0340282366920938463463374607431768211456").unwrap();
/// assert_eq!(big.as_str(), "340282366920938463463374607431768211456"); // 2^128
/// assert_eq!(u128::try_from(&big).ok(), None);
/// assert_eq!(BigInteger::from(-7_i128).as_str(), "-7");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BigInteger {
    /// Digits, after a `-` if the number is negative.
    text: String,
}

impl BigInteger {
    /// Parses digits with an optional sign. Returns `None` for any other text.
    pub fn new(text: &str) -> Option<Self> {
        let (negative, digits) = match text.as_bytes() {
            [b'-', ..] => (true, &text[1..]),
            [b'+', ..] => (false, &text[1..]),
            _ => (false, text),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let digits = digits.trim_start_matches('0');
        let text = match (negative, digits) {
            (_, "") => "0".to_owned(),
            (true, digits) => format!("-{digits}"),
            (false, digits) => digits.to_owned(),
        };
        Some(BigInteger { text })
    }

    /// Returns the decimal text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A decimal number, in its exact text, as `<bigdecimal>` carries it.
///
/// The text includes the scale: `1.50` is not equal to `1.5`.
///
/// ```
/// use xmlrpc_wire::BigDecimal;
///
/// assert_eq!(BigDecimal::new("-0.10").unwrap().as_str(), "-0.10");
/// assert_eq!(BigDecimal::new("1,5"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BigDecimal {
    text: String,
}

impl BigDecimal {
    /// Parses an optional sign, digits with an optional point, and an optional exponent.
    /// Returns `None` for any other text.
    pub fn new(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let exponent =
            exponent.is_none_or(|e| is_number(e.strip_prefix(['-', '+']).unwrap_or(e), false));
        (is_number(mantissa, true) && exponent).then(|| BigDecimal {
            text: text.to_owned(),
        })
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Returns whether `text` is at least one digit, and at most one point if `point` allows it.
fn is_number(text: &str, point: bool) -> bool {
    let points = text.bytes().filter(|b| *b == b'.').count();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits > 0 && points <= usize::from(point) && digits + points == text.len()
}

impl fmt::Display for BigInteger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for BigDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<i128> for BigInteger {
    fn from(number: i128) -> Self {
        BigInteger {
            text: number.to_string(),
        }
    }
}

impl From<u128> for BigInteger {
    fn from(number: u128) -> Self {
        BigInteger {
            text: number.to_string(),
        }
    }
}

impl TryFrom<&BigInteger> for i128 {
    type Error = std::num::ParseIntError;

    fn try_from(number: &BigInteger) -> Result<Self, Self::Error> {
        number.text.parse()
    }
}

impl TryFrom<&BigInteger> for u128 {
    type Error = std::num::ParseIntError;

    fn try_from(number: &BigInteger) -> Result<Self, Self::Error> {
        number.text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_has_one_text() {
        for (text, kept) in [
            ("0", Some("0")),
            ("-000", Some("0")),
            ("+7", Some("7")),
            ("-0012", Some("-12")),
            ("", None),
            ("-", None),
            ("+-1", None),
            ("1.0", None),
            ("1 2", None),
            ("٣", None),
        ] {
            let read = BigInteger::new(text);
            assert_eq!(read.as_ref().map(BigInteger::as_str), kept, "{text:?}");
        }
    }

    #[test]
    fn a_decimal_is_kept_as_it_was_written() {
        for text in ["0", "-1.50", "+.5", "5.", "1e10", "1.2E-3", "00.10"] {
            let read = BigDecimal::new(text);
            assert_eq!(read.as_ref().map(BigDecimal::as_str), Some(text));
        }
        for text in [
            "", ".", "-", "1.2.3", "e5", "1e", "1e5.0", "NaN", "1 0", "--1",
        ] {
            assert_eq!(BigDecimal::new(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_widest_integers_of_rust_fit() {
        for number in [i128::MIN, -1, 0, i128::MAX] {
            assert_eq!(i128::try_from(&BigInteger::from(number)), Ok(number));
        }
        assert_eq!(u128::try_from(&BigInteger::from(u128::MAX)), Ok(u128::MAX));
    }
}
