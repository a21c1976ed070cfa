//! The end of a body in chunks (RFC 9112, section 7.1), which hyper decodes.
//!
//! | state | byte | then |
//! | --- | --- | --- |
//! | size | hexadecimal digit | size |
//! | size | `;`, blank | extension |
//! | size, extension | CR | size's LF |
//! | size's LF | LF | data; trailers after a size of 0 |
//! | data | any, as many as the size says | data's CR |
//! | data's CR | CR | data's LF |
//! | data's LF | LF | size |
//! | trailers | CR | last LF |
//! | trailers | other | trailer |
//! | trailer | CR | trailer's LF |
//! | trailer's LF | LF | trailers |
//! | last LF | LF | whole |
//! | any but whole | another | broken |

/// A body in chunks, of which the bytes are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChunkedBody {
    /// The size so far, once it has a digit.
    Size(Option<u64>),
    Extension(u64),
    SizeLf(u64),
    /// Bytes of the chunk that are yet to come.
    Data(u64),
    DataCr,
    DataLf,
    Trailers,
    Trailer,
    TrailerLf,
    LastLf,
    Whole,
    /// It is no body in chunks, and has no end.
    Broken,
}

impl ChunkedBody {
    /// Returns a body of which nothing has come.
    pub(crate) fn new() -> Self {
        ChunkedBody::Size(None)
    }

    pub(crate) fn is_whole(self) -> bool {
        self == ChunkedBody::Whole
    }

    /// Takes the next bytes. Those behind the end change nothing.
    pub(crate) fn advance(&mut self, mut bytes: &[u8]) {
        while let Some((first, rest)) = bytes.split_first() {
            bytes = match *self {
                ChunkedBody::Whole | ChunkedBody::Broken => return,
                ChunkedBody::Data(left) => {
                    let length = usize::try_from(left).unwrap_or(usize::MAX);
                    let length = length.min(bytes.len());
                    *self = match left - length as u64 {
                        0 => ChunkedBody::DataCr,
                        left => ChunkedBody::Data(left),
                    };
                    bytes.split_at(length).1
                }
                state => {
                    *self = state.after(*first);
                    rest
                }
            };
        }
    }

    /// Returns the state after a byte that is not a chunk's data.
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (ChunkedBody::Size(size), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16).map(u64::from);
                let size = size.unwrap_or(0).checked_mul(16);
                match size.zip(digit) {
                    Some((size, digit)) => ChunkedBody::Size(Some(size + digit)),
                    None => ChunkedBody::Broken,
                }
            }
            (ChunkedBody::Size(Some(size)), b';' | b' ' | b'\t') => ChunkedBody::Extension(size),
            (ChunkedBody::Size(Some(size)) | ChunkedBody::Extension(size), b'\r') => {
                ChunkedBody::SizeLf(size)
            }
            (ChunkedBody::Extension(size), other) if other != b'\n' => ChunkedBody::Extension(size),
            (ChunkedBody::SizeLf(0), b'\n') | (ChunkedBody::TrailerLf, b'\n') => {
                ChunkedBody::Trailers
            }
            (ChunkedBody::SizeLf(size), b'\n') => ChunkedBody::Data(size),
            (ChunkedBody::DataCr, b'\r') => ChunkedBody::DataLf,
            (ChunkedBody::DataLf, b'\n') => ChunkedBody::new(),
            (ChunkedBody::Trailers, b'\r') => ChunkedBody::LastLf,
            (ChunkedBody::Trailer, b'\r') => ChunkedBody::TrailerLf,
            (ChunkedBody::Trailers | ChunkedBody::Trailer, _) => ChunkedBody::Trailer,
            (ChunkedBody::LastLf, b'\n') => ChunkedBody::Whole,
            _ => ChunkedBody::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_whole_behind_its_last_line_alone() {
        for (body, is_whole) in [
            ("0\r\n\r\n", true),
            ("00;a=b\r\n\r\n", true),
            ("5\r\n<?xml\r\n0\r\n\r\n", true),
            ("A \r\n0123456789\r\n0\r\n\r\n", true),
            ("0\r\na: b\r\nc\r\n\r\n", true),
            ("0\r\n\r\nPOST / HTTP/1.1\r\n", true),
            // Each of these ends with an empty line.
            ("4\r\n\r\n\r\n", false),
            ("9\r\n<a>\r\n\r\n", false),
            ("4\r\n\r\n\r\n\r\n", false),
            ("ffffffffffffffff\r\n\r\n\r\n", false),
            ("10000000000000000\r\n\r\n", false),
            ("\r\n\r\n", false),
            (";\r\n\r\n", false),
            ("0;a\n\r\n\r\n", false),
            ("0\n\r\n\r\n", false),
            ("g\r\n\r\n", false),
            ("1\r\nab\r\n0\r\n\r\n", false),
            ("0\r\na: b\r\r\n\r\n", false),
        ] {
            let mut at_once = ChunkedBody::new();
            at_once.advance(body.as_bytes());
            let mut by_byte = ChunkedBody::new();
            for byte in body.as_bytes().chunks(1) {
                by_byte.advance(byte);
            }
            assert_eq!(at_once, by_byte, "{body:?}");
            assert_eq!(at_once.is_whole(), is_whole, "{body:?}: {at_once:?}");
        }
    }
}
