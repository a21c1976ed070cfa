//! Decimal text to `u128`.
//!
//! One pass over the bytes and no allocation, so a text of many megabytes costs no more than
//! reading it; at most 39 digits are ever converted.

use crate::Error;

/// Digits of `u128::MAX`, the largest number taken.
const MAX_DIGITS: usize = 39;

/// The number that `digits` spells: ASCII digits alone, leading zeros accepted.
pub(crate) fn parse(digits: &str) -> Result<u128, Error> {
    let bytes = digits.as_bytes();
    if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_digit) {
        return Err(Error::NotANumber);
    }
    let zeros = bytes.iter().take_while(|&&byte| byte == b'0').count();
    let significant = bytes.get(zeros..).unwrap_or_default();
    let too_large = Error::TooLarge {
        digits: significant.len(),
    };
    if significant.len() > MAX_DIGITS {
        return Err(too_large);
    }
    significant
        .iter()
        .try_fold(0u128, |n, byte| {
            n.checked_mul(10)?.checked_add(u128::from(byte - b'0'))
        })
        .ok_or(too_large)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn megabytes_of_zeros_are_leading_zeros() {
        assert_eq!(parse(&format!("{}12", "0".repeat(8 << 20))), Ok(12));
    }
}
