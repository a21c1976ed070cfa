//! Natural numbers as decimal text.
//!
//! Cost: the square of the number of digits.

use std::fmt;

use crate::natural::Natural;

/// 10^19, the largest power of ten in a limb, and its exponent.
const CHUNK: u64 = 10_000_000_000_000_000_000;
const CHUNK_DIGITS: usize = 19;

impl Natural {
    /// Reads ASCII digits; returns `None` if there is any other character. No text is 0.
    pub(crate) fn from_digits(digits: &str) -> Option<Self> {
        let mut n = Natural::ZERO;
        for chunk in digits.as_bytes().chunks(CHUNK_DIGITS) {
            let value = chunk.iter().try_fold(0u64, |value, byte| {
                byte.is_ascii_digit()
                    .then(|| value * 10 + u64::from(byte - b'0'))
            })?;
            n = n.mul_add_u64(10u64.pow(chunk.len() as u32), value);
        }
        Some(n)
    }

    /// Returns the number of decimal digits: 0 for 0.
    #[must_use]
    pub fn digits(&self) -> usize {
        if self.is_zero() {
            return 0;
        }
        // Exact beside powers of ten only by the comparison.
        let near = (self.ln() / std::f64::consts::LN_10).round() as u32;
        let power = Natural::from(10u64).pow(near);
        if *self < power {
            near as usize
        } else {
            near as usize + 1
        }
    }
}

impl fmt::Display for Natural {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chunks = Vec::new();
        let mut rest = self.clone();
        while let Some((quotient, chunk)) = rest.div_rem_u64(CHUNK)
            && !rest.is_zero()
        {
            chunks.push(chunk);
            rest = quotient;
        }
        let mut text = chunks.pop().unwrap_or(0).to_string();
        for chunk in chunks.iter().rev() {
            text.push_str(&format!("{chunk:0CHUNK_DIGITS$}"));
        }
        f.pad_integral(true, "", &text)
    }
}
