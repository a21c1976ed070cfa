//! Character data in the fast reader.

use crate::xml_char::{is_xml_char, special_bytes};

/// Bytes that can't be taken as they stand without a look: of markup, of references, those that
/// XML normalises or does not have, and the first bytes of `]]>`, U+FFFE and U+FFFF.
const SPECIAL: [bool; 256] = special_bytes(b']');

/// Returns the number of bytes before the first `<` or `&`, or `None` if there is neither, or
/// an unusual byte before it.
pub(super) fn plain_prefix(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from
            + bytes[from..]
                .iter()
                .position(|b| SPECIAL[usize::from(*b)])?;
        match bytes[at..] {
            [b'<' | b'&', ..] => return Some(at),
            [b']', b']', b'>', ..] | [0xEF, 0xBF, 0xBE | 0xBF, ..] => return None,
            [b']' | 0xEF, ..] => from = at + 1,
            _ => return None,
        }
    }
}

/// Returns the text up to the next `<`, with its references resolved, and the rest of `bytes`,
/// which is a suffix of `whole`.
pub(super) fn resolve_references<'d>(bytes: &'d [u8], whole: &str) -> Option<(String, &'d [u8])> {
    let mut text = String::new();
    let mut rest = bytes;
    loop {
        let from = whole.len() - rest.len();
        let length = plain_prefix(rest)?;
        text.push_str(whole.get(from..from + length)?);
        rest = &rest[length..];
        match rest.strip_prefix(b"&") {
            None => return Some((text, rest)),
            Some(after) => {
                let end = after.iter().take(10).position(|b| *b == b';')?;
                text.push(character(&after[..end])?);
                rest = &after[end + 1..];
            }
        }
    }
}

/// Returns the character of a reference, which comes without its `&` and `;`.
fn character(reference: &[u8]) -> Option<char> {
    let number = match reference {
        b"lt" => return Some('<'),
        b"gt" => return Some('>'),
        b"amp" => return Some('&'),
        b"quot" => return Some('"'),
        b"apos" => return Some('\''),
        [b'#', b'x', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        _ => return None,
    };
    char::from_u32(number).filter(|c| is_xml_char(*c))
}

/// Returns the number of a character reference.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let mut number: u32 = 0;
    for digit in digits {
        let digit = char::from(*digit).to_digit(radix)?;
        number = number.checked_mul(radix)?.checked_add(digit)?;
    }
    (!digits.is_empty()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_plain_up_to_markup_or_declined() {
        for (text, expected) in [
            ("plain<", Some(5)),
            ("a&lt;<", Some(1)),
            ("a]b<", Some(3)),
            ("a]]b<", Some(4)),
            ("é\u{FB01}\t\n<", Some(7)),
            ("a]]>b<", None),
            ("a\u{FFFE}<", None),
            ("a\u{FFFF}<", None),
            ("a\r\n<", None),
            ("a\u{1}<", None),
            ("no markup", None),
        ] {
            assert_eq!(plain_prefix(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn references_are_resolved_or_declined() {
        for (text, expected) in [
            ("a&lt;&gt;&amp;&quot;&apos;b<", Some("a<>&\"'b")),
            ("&#65;&#x41;&#x1f600;&#X41;<", None),
            ("&#65;&#x41;&#x1f600;<", Some("AA\u{1F600}")),
            ("&#13;<", Some("\r")),
            ("&#0;<", None),
            ("&#xFFFE;<", None),
            ("&#xD800;<", None),
            ("&#4294967361;<", None),
            ("&#;<", None),
            ("&#x;<", None),
            ("&other;<", None),
            ("&lt<", None),
        ] {
            let read = resolve_references(text.as_bytes(), text);
            let expected = expected.map(|text| (text.to_owned(), &b"<"[..]));
            assert_eq!(read, expected, "{text}");
        }
    }
}
