//! The charset in a `Content-Type` field.

/// Returns the first parameter `charset` of a field such as `text/xml; charset="utf-8"`;
/// `None` if there is none, or an empty one.
pub(super) fn charset(field: &str) -> Option<&str> {
    let mut rest = field;
    loop {
        rest = after_semicolon(rest)?.trim_start();
        let (name, value) = rest.split_once('=')?;
        if name.trim_end().eq_ignore_ascii_case("charset") {
            let value = value.trim_start();
            let value = match value.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next(),
                None => value.split(';').next(),
            };
            return value.map(str::trim).filter(|name| !name.is_empty());
        }
    }
}

/// Returns the text after the next semicolon that is not within quotes.
fn after_semicolon(text: &str) -> Option<&str> {
    let mut in_quotes = false;
    let at = text.find(|c| {
        in_quotes ^= c == '"';
        c == ';' && !in_quotes
    })?;
    text.get(at + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_charset_counts() {
        for (field, expected) in [
            ("text/xml", None),
            ("", None),
            ("text/xml; charset=utf-8", Some("utf-8")),
            ("text/xml;CHARSET = \"UTF-8\" ; a=b", Some("UTF-8")),
            ("text/xml; a=\"; charset=x\"; charset=utf-8", Some("utf-8")),
            ("text/xml; charset=a; charset=b", Some("a")),
            ("text/xml; charset=", None),
            ("text/xml; charset=\"\"", None),
            ("text/xml; charset", None),
            ("text/xml; xcharset=a", None),
            ("charset=utf-8", None),
            ("text/xml; charset=\"utf-8", Some("utf-8")),
        ] {
            assert_eq!(charset(field), expected, "{field}");
        }
    }
}
