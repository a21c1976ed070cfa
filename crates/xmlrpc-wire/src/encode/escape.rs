//! Character data.

/// Bytes that need a look: what is escaped, what XML 1.0 does not have, and the beginning
/// of U+FFFE and U+FFFF.
const SPECIAL: [bool; 256] = special_bytes(b'>');

/// What needs a look in character data, read or written: controls but tab and line feed,
/// `<`, `&`, the first byte of U+FFFE and U+FFFF, and `also`.
pub(crate) const fn special_bytes(also: u8) -> [bool; 256] {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        special[byte] = byte != b'\t' as usize && byte != b'\n' as usize;
        byte += 1;
    }
    special[b'<' as usize] = true;
    special[b'&' as usize] = true;
    special[0xEF] = true;
    special[also as usize] = true;
    special
}

/// Appends character data. A carriage return is written as a reference: a parser turns a
/// bare one into a line feed (XML 1.0, section 2.11).
pub(super) fn write(out: &mut Vec<u8>, text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
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

/// XML 1.0, production 2.
pub(crate) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}
