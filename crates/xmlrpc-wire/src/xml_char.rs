//! The characters of XML 1.0, and the bytes of text that need a closer look.

/// Returns whether XML 1.0 has the character (production 2).
pub(crate) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// Returns a table of the bytes in character data that can't be copied without a look:
/// controls except tab and line feed, `<`, `&`, the first byte of U+FFFE and U+FFFF, and
/// `also`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_that_need_a_look() {
        let special = special_bytes(b']');
        for byte in 0..=255_u8 {
            let expected = match byte {
                b'\t' | b'\n' => false,
                0..0x20 | b'<' | b'&' | b']' | 0xEF => true,
                _ => false,
            };
            assert_eq!(special[usize::from(byte)], expected, "{byte:#x}");
        }
    }
}
