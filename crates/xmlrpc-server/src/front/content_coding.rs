//! The codings of a request's body: `Content-Encoding` (RFC 9110, section 8.4).

use crate::front::refusal::Refusal;

/// A coding of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentCoding {
    Identity,
    #[cfg(feature = "gzip")]
    Gzip,
    /// zlib's format, or the bare format that some clients send in its place.
    #[cfg(feature = "gzip")]
    Deflate,
}

impl ContentCoding {
    /// Returns the coding that the values of `Content-Encoding` name.
    ///
    /// # Errors
    ///
    /// It is not known here, or there are several.
    pub(crate) fn named<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Refusal> {
        let mut coding = ContentCoding::Identity;
        for name in values
            .into_iter()
            .flat_map(|value| value.split(|b| *b == b','))
        {
            let name = name.trim_ascii();
            if name.is_empty() || name.eq_ignore_ascii_case(b"identity") {
                continue;
            }
            if coding != ContentCoding::Identity {
                return Err(Refusal::CONTENT_CODING);
            }
            coding = ContentCoding::known(name).ok_or(Refusal::CONTENT_CODING)?;
        }
        Ok(coding)
    }

    #[cfg(feature = "gzip")]
    fn known(name: &[u8]) -> Option<Self> {
        let is = |own: &[u8]| name.eq_ignore_ascii_case(own);
        if is(b"gzip") || is(b"x-gzip") {
            return Some(ContentCoding::Gzip);
        }
        is(b"deflate").then_some(ContentCoding::Deflate)
    }

    /// Knows none: the feature `gzip` is off.
    #[cfg(not(feature = "gzip"))]
    fn known(_: &[u8]) -> Option<Self> {
        None
    }

    /// Returns the bytes without their coding, if they are at most `max_bytes`.
    ///
    /// # Errors
    ///
    /// They are not in the coding, or too many.
    #[cfg(feature = "gzip")]
    pub(crate) fn decode(self, bytes: &[u8], max_bytes: usize) -> Result<Vec<u8>, Refusal> {
        use std::io::Read as _;

        use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

        let most = max_bytes as u64 + 1;
        let mut decoded = Vec::new();
        let read = match self {
            ContentCoding::Identity => {
                decoded.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            ContentCoding::Gzip => MultiGzDecoder::new(bytes)
                .take(most)
                .read_to_end(&mut decoded),
            ContentCoding::Deflate if is_zlib(bytes) => {
                ZlibDecoder::new(bytes).take(most).read_to_end(&mut decoded)
            }
            ContentCoding::Deflate => DeflateDecoder::new(bytes)
                .take(most)
                .read_to_end(&mut decoded),
        };
        match read {
            Ok(_) if decoded.len() > max_bytes => Err(Refusal::TOO_LARGE),
            Ok(_) => Ok(decoded),
            Err(_) => Err(Refusal::BAD_CODING),
        }
    }

    /// Returns the bytes: the feature `gzip` is off.
    #[cfg(not(feature = "gzip"))]
    pub(crate) fn decode(self, bytes: &[u8], max_bytes: usize) -> Result<Vec<u8>, Refusal> {
        match bytes.len() <= max_bytes {
            true => Ok(bytes.to_vec()),
            false => Err(Refusal::TOO_LARGE),
        }
    }
}

/// Returns whether the bytes begin with a header of zlib (RFC 1950, section 2.2).
#[cfg(feature = "gzip")]
fn is_zlib(bytes: &[u8]) -> bool {
    match bytes {
        [method, flags, ..] => {
            method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0
        }
        _ => false,
    }
}

#[cfg(all(test, feature = "gzip"))]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    #[test]
    fn a_coding_is_known_by_its_name() {
        for (values, expected) in [
            (&[][..], Ok(ContentCoding::Identity)),
            (&["identity"], Ok(ContentCoding::Identity)),
            (&[""], Ok(ContentCoding::Identity)),
            (&["gzip"], Ok(ContentCoding::Gzip)),
            (&["X-GZip "], Ok(ContentCoding::Gzip)),
            (&["identity, gzip"], Ok(ContentCoding::Gzip)),
            (&["deflate"], Ok(ContentCoding::Deflate)),
            (&["br"], Err(Refusal::CONTENT_CODING)),
            (&["gzip, gzip"], Err(Refusal::CONTENT_CODING)),
            (&["gzip", "gzip"], Err(Refusal::CONTENT_CODING)),
            (&["gzip;q=1"], Err(Refusal::CONTENT_CODING)),
        ] {
            let values = values.iter().map(|value| value.as_bytes());
            assert_eq!(ContentCoding::named(values.clone()), expected, "{values:?}");
        }
    }

    #[test]
    fn a_body_is_unpacked_within_a_limit() {
        let text = vec![b' '; 100_000];
        let level = Compression::default();
        let mut gzip = GzEncoder::new(Vec::new(), level);
        let mut zlib = ZlibEncoder::new(Vec::new(), level);
        let mut bare = DeflateEncoder::new(Vec::new(), level);
        gzip.write_all(&text).unwrap();
        zlib.write_all(&text).unwrap();
        bare.write_all(&text).unwrap();
        for (coding, packed) in [
            (ContentCoding::Gzip, gzip.finish().unwrap()),
            (ContentCoding::Deflate, zlib.finish().unwrap()),
            (ContentCoding::Deflate, bare.finish().unwrap()),
        ] {
            assert_eq!(coding.decode(&packed, 100_000).unwrap(), text);
            assert_eq!(coding.decode(&packed, 99_999), Err(Refusal::TOO_LARGE));
            for length in 0..packed.len() {
                let cut = coding.decode(&packed[..length], 100_000);
                assert_eq!(cut, Err(Refusal::BAD_CODING), "{coding:?} {length}");
            }
            let text = coding.decode(b"<methodCall>", 100_000);
            assert_eq!(text, Err(Refusal::BAD_CODING), "{coding:?}");
        }
    }
}
