//! Pairs of references to surrogates, such as `&#xD83D;&#xDE00;` for one character.
//!
//! Programs that keep their texts in UTF-16 write them. XML has no surrogates, so the parser
//! gets the character itself.

/// Returns the place, the length and the character of each pair in a text.
///
/// A CDATA section has no references. What looks like one begins at `<![CDATA[` and ends at
/// `]]>`, and nothing within it is returned.
pub(super) fn pairs(text: &str) -> Vec<(usize, usize, char)> {
    let mut pairs = Vec::new();
    // Most documents have no numeric reference, and this search is quick.
    if !text.contains("&#") {
        return pairs;
    }
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<']) {
        rest = &rest[at..];
        if let Some(section) = rest.strip_prefix("<![CDATA[") {
            rest = section.split_once("]]>").map_or("", |(_, after)| after);
        } else if let Some((character, length)) = pair(rest) {
            pairs.push((text.len() - rest.len(), length, character));
            rest = &rest[length..];
        } else {
            rest = &rest[1..];
        }
    }
    pairs
}

/// Returns the character of the pair at the beginning of a text, and the pair's length.
fn pair(text: &str) -> Option<(char, usize)> {
    let (high, low) = reference(text)?;
    let (low, rest) = reference(low)?;
    let mut characters = char::decode_utf16([high, low]);
    match (characters.next(), characters.next()) {
        (Some(Ok(character)), None) => Some((character, text.len() - rest.len())),
        _ => None,
    }
}

/// Returns the number of the reference to a surrogate at the beginning of a text, and the text
/// after it.
fn reference(text: &str) -> Option<(u16, &str)> {
    let inside = text.strip_prefix("&#")?;
    // As long as the longest that XML's parser is likely to see, with some leading zeros.
    let end = inside.bytes().take(12).position(|byte| byte == b';')?;
    let (number, rest) = (inside.get(..end)?, inside.get(end + 1..)?);
    let number = match number.strip_prefix('x') {
        Some(digits) => digits_only(digits, 16),
        None => digits_only(number, 10),
    }?;
    matches!(number, 0xD800..=0xDFFF).then_some((number, rest))
}

/// Parses digits, without a sign.
fn digits_only(digits: &str, radix: u32) -> Option<u16> {
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    u16::from_str_radix(digits, radix)
        .ok()
        .filter(|_| all_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_one_character() {
        for (text, expected) in [
            ("a&#xD83D;&#xDE00;b", vec![(1, 16, '😀')]),
            ("&#55357;&#56832;", vec![(0, 16, '😀')]),
            ("&#xd83d;&#56832;", vec![(0, 16, '😀')]),
            ("&#xD83D;&#xD83D;&#xDE00;", vec![(8, 16, '😀')]),
            (
                "<![CDATA[&#xD83D;&#xDE00;]]>&#xD83D;&#xDE00;",
                vec![(28, 16, '😀')],
            ),
            ("<![CDATA[&#xD83D;&#xDE00;", vec![]),
            ("&#xD83D;", vec![]),
            ("&#xDE00;&#xD83D;", vec![]),
            ("&#xD83D; &#xDE00;", vec![]),
            ("&#x+D83D;&#xDE00;", vec![]),
            ("&#65;&#66;", vec![]),
            ("&amp;&#;&#x;&", vec![]),
        ] {
            assert_eq!(pairs(text), expected, "{text}");
        }
    }
}
