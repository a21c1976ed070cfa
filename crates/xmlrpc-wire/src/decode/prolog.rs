//! What stands before the root element, looked at on the raw bytes.

/// Whether the document has a DOCTYPE before its root element.
///
/// The parser tells of one only after it has read all of it, so it is looked for first.
/// In an encoding that is not a superset of ASCII this finds none; the parser's own
/// event then refuses it.
pub(super) fn has_doctype(document: &[u8]) -> bool {
    let mut rest = document.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(document);
    loop {
        rest = rest.trim_ascii_start();
        rest = if let Some(inside) = rest.strip_prefix(b"<?") {
            after(inside, b"?>")
        } else if let Some(inside) = rest.strip_prefix(b"<!--") {
            after(inside, b"-->")
        } else {
            return rest.starts_with(b"<!");
        };
    }
}

fn after<'d>(text: &'d [u8], end: &[u8]) -> &'d [u8] {
    text.windows(end.len())
        .position(|window| window == end)
        .map_or(&[], |at| &text[at + end.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doctype_is_found_behind_whatever_may_precede_it() {
        for (document, found) in [
            ("<!DOCTYPE a><a/>", true),
            (
                "\u{FEFF}<?xml version='1.0'?>\n<!-- a --><?p i?><!DOCTYPE a [",
                true,
            ),
            ("<a><![CDATA[<!DOCTYPE a>]]></a>", false),
            ("<!-- <!DOCTYPE a> --><a/>", false),
            ("<!-- never closed", false),
            ("", false),
        ] {
            assert_eq!(has_doctype(document.as_bytes()), found, "{document}");
        }
    }
}
