//! Escaping of text from outside, for log lines and messages.

use untrusted_text::OneLine;

/// The most characters of one text that are shown.
const MAX_CHARS: usize = 200;

/// Displays text on one line, with `"` and `\` escaped, cut at 200 characters. Letters outside
/// ASCII stay as they are.
pub(crate) fn escaped(text: &str) -> OneLine<'_> {
    OneLine::quoted(text).max_chars(MAX_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_escaped_and_cut() {
        for (raw, shown) in [
            ("/RPC2?it's=1", "/RPC2?it's=1"),
            ("a\"b\\c", "a\\\"b\\\\c"),
            ("\u{1b}[31m\r\n\0", "\\u{1b}[31m\\r\\n\\0"),
            ("ñandú \u{202e}", "ñandú \\u{202e}"),
        ] {
            assert_eq!(escaped(raw).to_string(), shown);
        }
        let long = escaped(&"x".repeat(MAX_CHARS + 1)).to_string();
        assert_eq!(long, format!("{}...", "x".repeat(MAX_CHARS)));
    }
}
