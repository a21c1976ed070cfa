//! Character data in the fast reader.

use crate::encode::{is_xml_char, special_bytes};

/// Bytes that need a look: markup, references, what XML normalises or does not have, and
/// the beginnings of `]]>` and of U+FFFE and U+FFFF.
const SPECIAL: [bool; 256] = special_bytes(b']');

/// How many bytes of text come before the first `<` or `&`; `None` where there is none,
/// or something before it that is not plain.
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

/// The text up to the next `<`, its references resolved, and what is left; `bytes` is the
/// end of `whole`.
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

/// The character of a reference, without its `&` and `;`.
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

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let mut number: u32 = 0;
    for digit in digits {
        let digit = char::from(*digit).to_digit(radix)?;
        number = number.checked_mul(radix)?.checked_add(digit)?;
    }
    (!digits.is_empty()).then_some(number)
}
