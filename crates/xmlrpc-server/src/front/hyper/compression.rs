//! Answers before they are written: gzip, for clients that accept it, and their memory.

use std::sync::Arc;

use crate::front::memory_budget::{MemoryBudget, MemoryShare};

/// The longest answer that is not counted: it is no longer than what else a connection takes.
const MAX_UNCOUNTED: usize = 4 * 1024;

/// The fewest bytes that are compressed: fewer take a few packets either way.
#[cfg(feature = "gzip")]
const MIN_COMPRESSED: usize = 4 * 1024;

/// A document to answer with.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) bytes: Vec<u8>,
    /// The bytes are gzip.
    pub(crate) is_gzip: bool,
    /// It answers a method of the control protocol.
    pub(crate) is_control: bool,
    /// Its share of the server's memory, which it holds until it is written.
    pub(crate) share: Option<MemoryShare>,
}

impl Document {
    /// Returns a document that is sent as it is.
    pub(crate) fn plain(bytes: Vec<u8>) -> Self {
        Document {
            bytes,
            is_gzip: false,
            is_control: false,
            share: None,
        }
    }

    /// Returns the answer of a method of the control protocol.
    pub(crate) fn control(bytes: Vec<u8>) -> Self {
        Document {
            is_control: true,
            ..Document::plain(bytes)
        }
    }

    /// Takes a share of the memory for a document that is long enough to matter.
    pub(crate) fn hold_share(&mut self, memory: &Arc<MemoryBudget>) {
        if self.bytes.len() > MAX_UNCOUNTED {
            self.bytes.shrink_to_fit();
        }
        let bytes = self.bytes.capacity();
        match bytes > MAX_UNCOUNTED {
            true => self.share = Some(memory.charge(bytes)),
            false => memory.expect(0),
        }
    }

    /// Compresses a document that is long enough, at the level that takes the least time.
    /// Not for the threads that speak with all clients.
    #[cfg(feature = "gzip")]
    pub(crate) fn compressed(bytes: Vec<u8>) -> Self {
        use std::io::Write as _;

        if bytes.len() < MIN_COMPRESSED {
            return Document::plain(bytes);
        }
        let room = Vec::with_capacity(bytes.len() / 4);
        let mut encoder = flate2::write::GzEncoder::new(room, flate2::Compression::fast());
        match encoder.write_all(&bytes).and_then(|()| encoder.finish()) {
            Ok(compressed) => Document {
                is_gzip: true,
                ..Document::plain(compressed)
            },
            // Writing to memory does not fail.
            Err(_) => Document::plain(bytes),
        }
    }

    /// Returns a document that is sent as it is: the feature `gzip` is off.
    #[cfg(not(feature = "gzip"))]
    pub(crate) fn compressed(bytes: Vec<u8>) -> Self {
        Document::plain(bytes)
    }
}

/// Returns whether an `Accept-Encoding` names gzip.
pub(crate) fn accepts_gzip(value: Option<&[u8]>) -> bool {
    let text = value.and_then(|value| std::str::from_utf8(value).ok());
    let mut codings = text.unwrap_or_default().split(',');
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().trim_start_matches("q=");
        let is_refused = weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0);
        let name = name.trim();
        let is_gzip = ["gzip", "x-gzip"]
            .iter()
            .any(|own| name.eq_ignore_ascii_case(own));
        is_gzip && !is_refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_has_to_be_asked_for_by_name() {
        for (value, is_asked) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("x-gzip", true),
            ("gzip;q=1.0", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("deflate", false),
            ("*", false),
            ("", false),
        ] {
            assert_eq!(accepts_gzip(Some(value.as_bytes())), is_asked, "{value}");
        }
        assert!(!accepts_gzip(None));
    }
}
