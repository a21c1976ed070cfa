//! Escaping of character data.

use crate::xml_char::{is_xml_char, special_bytes};

/// Bytes that are escaped, that XML 1.0 does not have, or that begin U+FFFE and U+FFFF.
const SPECIAL: [bool; 256] = special_bytes(b'>');

/// The length of text from which room is reserved for it.
const LONG: usize = 1024;

/// Appends character data.
///
/// A carriage return is written as a reference: a parser turns a bare one into a line feed
/// (XML 1.0, section 2.11).
///
/// # Errors
///
/// A sentence about a character that XML 1.0 does not have.
pub(super) fn write(out: &mut Vec<u8>, text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    if bytes.len() > LONG {
        // The tags after it would double what is reserved.
        out.reserve(bytes.len() + 128);
    }
    let (mut written, mut from) = (0, 0);
    while let Some(at) = bytes[from..]
        .iter()
        .position(|b| SPECIAL[usize::from(*b)])
        .map(|at| from + at)
    {
        from = at + 1;
        let escape: &[u8] = match bytes[at] {
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'&' => b"&amp;",
            b'\r' => b"&#13;",
            _ => {
                // Controls and 0xEF are first bytes, so `at` is a character's boundary.
                let c = text[at..].chars().next().unwrap_or_default();
                if is_xml_char(c) {
                    continue;
                }
                let code = u32::from(c);
                return Err(format!(
                    "XML 1.0 has no character U+{code:04X}; send the text as base64"
                ));
            }
        };
        out.extend_from_slice(&bytes[written..at]);
        out.extend_from_slice(escape);
        written = from;
    }
    out.extend_from_slice(&bytes[written..]);
    Ok(())
}
