//! The error type of the crate.

use std::error;
use std::fmt;

use crate::natural::Natural;
use crate::unfinished::Unfinished;
use crate::unfinished::natural::UnfinishedNatural;

/// The reason why a value was not factored.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// The text is empty, or has another character than the ASCII digits `0` to `9`.
    ///
    /// Its message contains the sentence of the article's script, for callers that look for it.
    /// Servers that receive values of other types (booleans, floats, arrays) use it for those too.
    NotANumber,
    /// The integer is below zero.
    ///
    /// Only [`Digits::of_integer`](crate::Digits::of_integer) returns it. For the functions that
    /// take text, `"-5"` is [`Error::NotANumber`].
    Negative,
    /// The number is 2^128 or more.
    TooLarge {
        /// Number of decimal digits of the number, leading zeros not counted.
        digits: usize,
    },
    /// The number has more than [`Natural::MAX_DIGITS`] decimal digits.
    TooLong {
        /// Number of decimal digits of the number, leading zeros not counted.
        digits: usize,
    },
    /// The computation was stopped by its [`Control`](crate::Control).
    Unfinished(Unfinished),
    /// The computation for a [`Natural`] was stopped by its [`Control`](crate::Control).
    Stopped(UnfinishedNatural),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotANumber => f.write_str(
                "not a number: El valor recibido debe ser string o entero! \
                 (send the ASCII digits 0 to 9 alone, without sign, spaces or separators)",
            ),
            Error::Negative => {
                f.write_str("n must not be negative: send zero or a positive integer")
            }
            Error::TooLarge { digits } => write!(
                f,
                "the number is too large: it has {digits} digits; send {} (39 digits) at most",
                u128::MAX
            ),
            Error::TooLong { digits } => write!(
                f,
                "the number is too large: it has {digits} digits; send {} digits at most",
                Natural::MAX_DIGITS
            ),
            Error::Unfinished(unfinished) => unfinished.fmt(f),
            Error::Stopped(unfinished) => unfinished.fmt(f),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Error::Unfinished(unfinished) => unfinished.source(),
            Error::Stopped(unfinished) => unfinished.source(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_says_what_to_do() {
        let cases = [
            (
                Error::NotANumber,
                "El valor recibido debe ser string o entero!",
            ),
            (Error::NotANumber, "send the ASCII digits"),
            (Error::Negative, "n must not be negative"),
            (Error::TooLarge { digits: 40 }, "it has 40 digits"),
            (
                Error::TooLarge { digits: 40 },
                "send 340282366920938463463374607431768211455 (39 digits) at most",
            ),
            (Error::TooLong { digits: 1001 }, "it has 1001 digits"),
            (Error::TooLong { digits: 1001 }, "send 1000 digits at most"),
        ];
        for (error, part) in cases {
            let text = error.to_string();
            assert!(text.contains(part), "{part:?} is not in {text:?}");
            assert!(!text.ends_with('.'), "final period in {text:?}");
        }
    }
}
