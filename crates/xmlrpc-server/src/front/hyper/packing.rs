//! Answers as gzip, to clients that ask for it.

/// The fewest bytes that are packed: below, they fit a few packets either way.
#[cfg(feature = "gzip")]
const WORTHWHILE: usize = 4 * 1024;

/// A document to answer with.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) bytes: Vec<u8>,
    pub(super) is_packed: bool,
    /// It answers a method of the control protocol.
    pub(super) is_control: bool,
}

impl Document {
    pub(super) fn plain(bytes: Vec<u8>) -> Self {
        Document {
            bytes,
            is_packed: false,
            is_control: false,
        }
    }

    pub(super) fn control(bytes: Vec<u8>) -> Self {
        Document {
            is_control: true,
            ..Document::plain(bytes)
        }
    }

    /// Packs a document that is long enough, at the level that takes the least time. Not in
    /// the thread that speaks with all clients.
    #[cfg(feature = "gzip")]
    pub(super) fn packed(bytes: Vec<u8>) -> Self {
        use std::io::Write as _;

        if bytes.len() < WORTHWHILE {
            return Document::plain(bytes);
        }
        let room = Vec::with_capacity(bytes.len() / 4);
        let mut encoder = flate2::write::GzEncoder::new(room, flate2::Compression::fast());
        match encoder.write_all(&bytes).and_then(|()| encoder.finish()) {
            Ok(packed) => Document {
                is_packed: true,
                ..Document::plain(packed)
            },
            // Writing to memory does not fail.
            Err(_) => Document::plain(bytes),
        }
    }

    #[cfg(not(feature = "gzip"))]
    pub(super) fn packed(bytes: Vec<u8>) -> Self {
        Document::plain(bytes)
    }
}

/// Whether an `Accept-Encoding` asks for gzip.
pub(super) fn is_asked_for(value: Option<&[u8]>) -> bool {
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
            assert_eq!(is_asked_for(Some(value.as_bytes())), is_asked, "{value}");
        }
        assert!(!is_asked_for(None));
    }
}
