//! Text on one line, escaped and cut.

use std::fmt::{self, Write};

use crate::terminal::is_obeyed;

/// The most characters that are shown unless the caller says otherwise.
const MAX_CHARS: usize = 300;

/// Displays text on one line, escaped and cut.
#[derive(Debug, Clone, Copy)]
pub struct OneLine<'a> {
    text: &'a str,
    max_chars: usize,
    escaping: Escaping,
}

#[derive(Debug, Clone, Copy)]
enum Escaping {
    Unprintable,
    NonAscii,
    Obeyed,
}

impl<'a> OneLine<'a> {
    /// Escapes control, invisible and direction-changing characters and line ends, and
    /// cuts the rest at 300 characters.
    pub fn new(text: &'a str) -> Self {
        OneLine {
            text,
            max_chars: MAX_CHARS,
            escaping: Escaping::Unprintable,
        }
    }

    /// Escapes all that is not printable ASCII, and also `"` and `\`.
    pub fn ascii(text: &'a str) -> Self {
        OneLine {
            escaping: Escaping::NonAscii,
            ..OneLine::new(text)
        }
    }

    /// Escapes only characters that a terminal obeys: control characters, line ends, and
    /// those that change the direction of the text.
    pub fn visible(text: &'a str) -> Self {
        OneLine {
            escaping: Escaping::Obeyed,
            ..OneLine::new(text)
        }
    }

    /// Sets after how many characters of the text it is cut.
    #[must_use]
    pub fn max_chars(self, max_chars: usize) -> Self {
        OneLine { max_chars, ..self }
    }
}

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (shown, c) in self.text.chars().enumerate() {
            if shown == self.max_chars {
                return f.write_str("...");
            }
            match (self.escaping, c) {
                (Escaping::Unprintable, '"' | '\'' | '\\') => f.write_char(c)?,
                (Escaping::Unprintable, _) => write!(f, "{}", c.escape_debug())?,
                (Escaping::NonAscii, '\'') => f.write_char(c)?,
                (Escaping::NonAscii, _) => write!(f, "{}", c.escape_default())?,
                (Escaping::Obeyed, _) if is_obeyed(c) => write!(f, "{}", c.escape_default())?,
                (Escaping::Obeyed, _) => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Returns the beginning of a body as one printable line, without blanks at its ends.
pub fn excerpt(body: &[u8]) -> String {
    // Four bytes make at least one character, and a body that is all blanks shows none.
    let head = &body[..body.len().min(4 * MAX_CHARS + 4)];
    OneLine::new(String::from_utf8_lossy(head).trim()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_as_asked() {
        for (text, unprintable, ascii, visible) in [
            (
                "it's \"x\" \\",
                "it's \"x\" \\",
                "it's \\\"x\\\" \\\\",
                "it's \"x\" \\",
            ),
            (
                "two\nlines\r\n",
                "two\\nlines\\r\\n",
                "two\\nlines\\r\\n",
                "two\\nlines\\r\\n",
            ),
            (
                "\u{1b}[31mred\0",
                "\\u{1b}[31mred\\0",
                "\\u{1b}[31mred\\u{0}",
                "\\u{1b}[31mred\\u{0}",
            ),
            (
                "a \u{202e}b",
                "a \\u{202e}b",
                "a \\u{202e}b",
                "a \\u{202e}b",
            ),
            (
                "zero\u{200b}",
                "zero\\u{200b}",
                "zero\\u{200b}",
                "zero\u{200b}",
            ),
            ("año, 数", "año, 数", "a\\u{f1}o, \\u{6570}", "año, 数"),
        ] {
            assert_eq!(OneLine::new(text).to_string(), unprintable);
            assert_eq!(OneLine::ascii(text).to_string(), ascii);
            assert_eq!(OneLine::visible(text).to_string(), visible);
        }
    }

    #[test]
    fn text_is_cut() {
        let long = OneLine::new(&"x".repeat(MAX_CHARS + 1)).to_string();
        assert_eq!(long, format!("{}...", "x".repeat(MAX_CHARS)));
        assert_eq!(
            OneLine::ascii("ñabc").max_chars(2).to_string(),
            "\\u{f1}a..."
        );
        assert_eq!(OneLine::visible("abc").max_chars(3).to_string(), "abc");
    }

    #[test]
    fn an_excerpt_takes_any_bytes() {
        assert_eq!(excerpt(b"  <html>\n<b>no\xff\n"), "<html>\\n<b>no\u{fffd}");
        assert_eq!(excerpt(b"\r\n"), "");
        assert!(excerpt(&vec![0xc3; 100_000]).ends_with("..."));
    }
}
