//! The prolog before the root element, and the root's start tag.

use crate::error::Error;

/// The white space of XML (production 3).
pub(super) const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Returns whether a byte is white space.
pub(super) fn is_blank(byte: u8) -> bool {
    BLANKS.contains(&char::from(byte))
}

/// Returns the offset of the root element: of the first text that is not white space, a
/// comment or a processing instruction.
///
/// # Errors
///
/// [`Error::Doctype`] for a DOCTYPE. It is refused here, since the parser reports one only
/// after it has read all of it.
pub(super) fn root_offset(text: &str) -> Result<usize, Error> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(BLANKS);
        rest = if let Some(inside) = rest.strip_prefix("<?") {
            after(inside, "?>")
        } else if let Some(inside) = rest.strip_prefix("<!--") {
            after(inside, "-->")
        } else if rest.starts_with("<!DOCTYPE") {
            return Err(Error::Doctype);
        } else {
            return Ok(text.len() - rest.len());
        };
    }
}

/// Returns the text after `end`, or an empty one if there is no `end`.
fn after<'d>(text: &'d str, end: &str) -> &'d str {
    text.split_once(end).map_or("", |(_, after)| after)
}

/// Returns the offset at which an attribute can be inserted into the start tag at the
/// beginning of `text`, or `None` if the tag has an attribute of that name.
pub(super) fn attribute_insertion_point(text: &str, attribute: &str) -> Option<usize> {
    let name_end = text.find([' ', '\t', '\r', '\n', '/', '>'])?;
    let mut quote = None;
    for (at, c) in text[name_end..].char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None => match c {
                '"' | '\'' => quote = Some(c),
                '>' => return Some(name_end),
                _ => {
                    let named = text[name_end + at..].strip_prefix(attribute);
                    if named.is_some_and(|rest| rest.trim_start().starts_with('=')) {
                        return None;
                    }
                }
            },
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doctype_is_found_behind_whatever_may_precede_it() {
        for (text, expected) in [
            ("<!DOCTYPE a><a/>", None),
            (
                "<?xml version='1.0'?>\n<!-- a --><?p i?><!DOCTYPE a [",
                None,
            ),
            ("<a><![CDATA[<!DOCTYPE a>]]></a>", Some(0)),
            ("<!-- <!DOCTYPE a> --><a/>", Some(21)),
            ("<!-- never closed", Some(17)),
            ("", Some(0)),
        ] {
            assert_eq!(root_offset(text).ok(), expected, "{text}");
        }
    }
}
