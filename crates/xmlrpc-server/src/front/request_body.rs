//! The body of a call: its coding, and the type that it says to have.

use std::str;

use crate::front::content_coding::ContentCoding;
use crate::front::refusal::Refusal;

/// The most bytes that are reserved for a body before it comes, whatever length it declares.
pub(crate) const MAX_RESERVED: usize = 64 * 1024;

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
