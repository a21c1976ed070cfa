//! The framing of a body: `Content-Length` and `Transfer-Encoding` (RFC 9112, section 6).
//!
//! Both fronts have this one rule. `Content-Length` is given at most once, in ASCII digits,
//! and never beside `Transfer-Encoding`. RFC 9110, section 8.6, allows a server to take equal
//! values for one; no client sends them but to find out whom it can confuse, and they are
//! refused.

/// The framing that a head declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFraming {
    /// No length and no chunks.
    Undeclared,
    /// A body of this length, in bytes.
    Length(u64),
    /// A body in chunks.
    Chunked,
}

/// Headers that leave open where the body ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AmbiguousFraming;

/// The headers of one head that frame its body.
#[derive(Debug, Default)]
pub(crate) struct FramingHeaders {
    length: Option<u64>,
    has_transfer_encoding: bool,
}

impl FramingHeaders {
    /// Takes the value of a `Content-Length`, without blanks around it. A number that does
    /// not fit is the largest there is, which is above any limit.
    ///
    /// # Errors
    ///
    /// It is the second one, or not digits alone.
    pub(crate) fn add_content_length(&mut self, value: &[u8]) -> Result<(), AmbiguousFraming> {
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(AmbiguousFraming);
        }
        let digits = std::str::from_utf8(value).map_err(|_| AmbiguousFraming)?;
        match self.length.replace(digits.parse().unwrap_or(u64::MAX)) {
            None => Ok(()),
            Some(_) => Err(AmbiguousFraming),
        }
    }

    /// Takes a `Transfer-Encoding`, which the caller has found to be one that it knows.
    pub(crate) fn add_transfer_encoding(&mut self) {
        self.has_transfer_encoding = true;
    }

    /// Returns the framing, once all headers have been taken.
    ///
    /// # Errors
    ///
    /// There are both a length and a transfer encoding.
    pub(crate) fn framing(self) -> Result<BodyFraming, AmbiguousFraming> {
        match (self.length, self.has_transfer_encoding) {
            (Some(_), true) => Err(AmbiguousFraming),
            (Some(length), false) => Ok(BodyFraming::Length(length)),
            (None, true) => Ok(BodyFraming::Chunked),
            (None, false) => Ok(BodyFraming::Undeclared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(lengths: &[&str], is_chunked: bool) -> Result<BodyFraming, AmbiguousFraming> {
        let mut headers = FramingHeaders::default();
        if is_chunked {
            headers.add_transfer_encoding();
        }
        for length in lengths {
            headers.add_content_length(length.as_bytes())?;
        }
        headers.framing()
    }

    #[test]
    fn a_body_has_one_end() {
        for (lengths, is_chunked, expected) in [
            (&[][..], false, Ok(BodyFraming::Undeclared)),
            (&["0"], false, Ok(BodyFraming::Length(0))),
            (&["007"], false, Ok(BodyFraming::Length(7))),
            (
                &["18446744073709551615"],
                false,
                Ok(BodyFraming::Length(u64::MAX)),
            ),
            (
                &["18446744073709551616"],
                false,
                Ok(BodyFraming::Length(u64::MAX)),
            ),
            (&[], true, Ok(BodyFraming::Chunked)),
            (&["9"], true, Err(AmbiguousFraming)),
            (&["9", "8"], false, Err(AmbiguousFraming)),
            // The same value twice, which the tiny front took until 0.2.0.
            (&["9", "9"], false, Err(AmbiguousFraming)),
            (&[""], false, Err(AmbiguousFraming)),
            (&["+5"], false, Err(AmbiguousFraming)),
            (&["-1"], false, Err(AmbiguousFraming)),
            (&["5, 5"], false, Err(AmbiguousFraming)),
            (&["5 "], false, Err(AmbiguousFraming)),
            (&["0x5"], false, Err(AmbiguousFraming)),
        ] {
            assert_eq!(
                framing(lengths, is_chunked),
                expected,
                "{lengths:?} {is_chunked}"
            );
        }
    }
}
