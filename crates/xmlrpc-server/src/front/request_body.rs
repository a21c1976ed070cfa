//! The body of a call: its coding, and the type that it says to have.

use std::str;

use crate::front::content_coding::ContentCoding;
use crate::front::refusal::Refusal;

/// The body of a call, as it came.
#[derive(Debug)]
pub(crate) struct RequestBody {
    pub(crate) bytes: Vec<u8>,
    pub(crate) coding: ContentCoding,
    /// The `Content-Type`, if it has a parameter, which may be a charset.
    pub(crate) content_type: Option<String>,
}

impl RequestBody {
    /// Returns a body in this coding, and with this `Content-Type`.
    pub(crate) fn new(bytes: Vec<u8>, coding: ContentCoding, content_type: Option<&[u8]>) -> Self {
        let content_type = content_type
            .filter(|value| value.contains(&b';'))
            .and_then(|value| str::from_utf8(value).ok());
        RequestBody {
            bytes,
            coding,
            content_type: content_type.map(str::to_owned),
        }
    }

    /// Returns the body without its coding.
    ///
    /// # Errors
    ///
    /// It is not in its coding, or is longer than `max_bytes` without it.
    pub(crate) fn unpacked(self, max_bytes: usize) -> Result<Self, Refusal> {
        if self.coding == ContentCoding::Identity {
            return Ok(self);
        }
        Ok(RequestBody {
            bytes: self.coding.decode(&self.bytes, max_bytes)?,
            coding: ContentCoding::Identity,
            content_type: self.content_type,
        })
    }

    /// Returns the body without its coding if it has at most `max_bytes` with it and without,
    /// and as it came otherwise.
    ///
    /// # Errors
    ///
    /// It is not in its coding.
    #[cfg(feature = "hyper")]
    pub(crate) fn unpacked_if_short(self, max_bytes: usize) -> Result<Self, Refusal> {
        if self.coding == ContentCoding::Identity || self.bytes.len() > max_bytes {
            return Ok(self);
        }
        match self.coding.decode(&self.bytes, max_bytes) {
            Ok(bytes) => Ok(RequestBody {
                bytes,
                coding: ContentCoding::Identity,
                content_type: self.content_type,
            }),
            Err(Refusal::TOO_LARGE) => Ok(self),
            Err(refusal) => Err(refusal),
        }
    }
}

#[cfg(test)]
#[cfg(all(feature = "gzip", feature = "hyper"))]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn body(bytes: &[u8], coding: ContentCoding) -> RequestBody {
        RequestBody::new(bytes.to_vec(), coding, Some(b"text/xml; charset=x"))
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_type_without_a_parameter_is_dropped() {
        for (value, kept) in [
            (Some(&b"text/xml;charset=x"[..]), true),
            (Some(b"text/xml"), false),
            (Some(b"text/xml;\xe9"), false),
            (None, false),
        ] {
            let body = RequestBody::new(Vec::new(), ContentCoding::Identity, value);
            assert_eq!(body.content_type.is_some(), kept, "{value:?}");
        }
    }

    #[test]
    fn a_body_is_unpacked_within_the_limit() {
        let (plain, packed) = (vec![b' '; 1000], gzip(&[b' '; 1000]));
        for (bytes, coding, max_bytes, expected) in [
            (&plain, ContentCoding::Identity, 10, Ok(&plain)),
            (&packed, ContentCoding::Gzip, 1000, Ok(&plain)),
            (&packed, ContentCoding::Gzip, 999, Err(Refusal::TOO_LARGE)),
            (&plain, ContentCoding::Gzip, 1000, Err(Refusal::BAD_CODING)),
        ] {
            let unpacked = body(bytes, coding).unpacked(max_bytes);
            let unpacked = unpacked.map(|body| {
                assert_eq!(body.coding, ContentCoding::Identity);
                assert!(body.content_type.is_some());
                body.bytes
            });
            assert_eq!(unpacked, expected.cloned(), "{coding:?} {max_bytes}");
        }
    }

    #[test]
    fn a_long_body_keeps_its_coding() {
        let (long, short) = (gzip(&[b' '; 1000]), gzip(b"short"));
        for (bytes, max_bytes, is_unpacked) in [
            (&long, 1000, true),
            (&long, 999, false),
            // Longer with its coding than without.
            (&short, short.len(), true),
            (&short, short.len() - 1, false),
        ] {
            let result = body(bytes, ContentCoding::Gzip).unpacked_if_short(max_bytes);
            let result = result.unwrap();
            assert_eq!(result.bytes != *bytes, is_unpacked, "{max_bytes}");
            let is_identity = result.coding == ContentCoding::Identity;
            assert_eq!(is_identity, is_unpacked, "{max_bytes}");
            assert!(result.content_type.is_some());
        }
        let broken = body(b"<methodCall>", ContentCoding::Gzip).unpacked_if_short(1000);
        assert_eq!(broken.unwrap_err(), Refusal::BAD_CODING);
        let plain = body(b"<methodCall>", ContentCoding::Identity).unpacked_if_short(1000);
        assert_eq!(plain.unwrap().bytes, b"<methodCall>");
    }
}
