//! What stands before the root element, and the root's own tag.

use crate::Error;

/// Where the root element begins: the first thing that is no white space, comment or
/// processing instruction.
///
/// A DOCTYPE is refused here, since the parser tells of one only after it has read all of
/// it.
pub(super) fn root_offset(text: &str) -> Result<usize, Error> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
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

fn after<'d>(text: &'d str, end: &str) -> &'d str {
    text.split_once(end).map_or("", |(_, after)| after)
}

/// Where an attribute can be put into the tag that `text` begins with, if the tag has
/// none of that name.
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
