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
    keeps_end: bool,
}

#[derive(Debug, Clone, Copy)]
enum Escaping {
    Unprintable,
    Quoted,
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
            keeps_end: false,
        }
    }

    /// Escapes what [`new`](OneLine::new) does, and also `"` and `\`, so that the text can
    /// stand between quotes.
    pub fn quoted(text: &'a str) -> Self {
        OneLine {
            escaping: Escaping::Quoted,
            ..OneLine::new(text)
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

    /// Cuts a text that is too long in its middle, and not at its end: shows the beginning of
    /// its first line, and the end of its last one. The last line of a program's error output
    /// is where the reason is.
    #[must_use]
    pub fn keep_end(self) -> Self {
        OneLine {
            keeps_end: true,
            ..self
        }
    }

    /// Writes a character, escaped if it has to be.
    fn write_char(&self, f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
        match (self.escaping, c) {
            (Escaping::Unprintable, '"' | '\'' | '\\') => f.write_char(c),
            (Escaping::Quoted, '\'') => f.write_char(c),
            (Escaping::Unprintable | Escaping::Quoted, _) if is_mark(c) => f.write_char(c),
            (Escaping::Unprintable | Escaping::Quoted, _) => write!(f, "{}", c.escape_debug()),
            (Escaping::NonAscii, '\'') => f.write_char(c),
            (Escaping::NonAscii, _) => write!(f, "{}", c.escape_default()),
            (Escaping::Obeyed, _) if is_obeyed(c) => write!(f, "{}", c.escape_default()),
            (Escaping::Obeyed, _) => f.write_char(c),
        }
    }

    /// Writes a text that is too long without its middle.
    fn write_ends(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = self.max_chars / 3;
        let first = self.text.lines().next().unwrap_or_default();
        for c in first.chars().take(head) {
            self.write_char(f, c)?;
        }
        f.write_str(" ... ")?;
        let last = self.text.trim_end().lines().next_back().unwrap_or_default();
        let skipped = last.chars().count().saturating_sub(self.max_chars - head);
        for c in last.chars().skip(skipped) {
            self.write_char(f, c)?;
        }
        Ok(())
    }
}

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_cut = self.text.chars().nth(self.max_chars).is_some();
        if is_cut && self.keeps_end {
            return self.write_ends(f);
        }
        for c in self.text.chars().take(self.max_chars) {
            self.write_char(f, c)?;
        }
        match is_cut {
            true => f.write_str("..."),
            false => Ok(()),
        }
    }
}

/// Returns whether the character is a mark on the one before it, such as the tilde of an ñ that
/// is written as two characters. Alone it would be escaped.
fn is_mark(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    let mut bytes = [0; 5];
    bytes[0] = b'a';
    let length = c.encode_utf8(&mut bytes[1..]).len();
    let with_letter = std::str::from_utf8(&bytes[..=length]).unwrap_or_default();
    c.escape_debug().len() > 1 && with_letter.escape_debug().count() == 2
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
            (
                "n\u{303}andu\u{301} क्षि",
                "n\u{303}andu\u{301} क्षि",
                "n\\u{303}andu\\u{301} \\u{915}\\u{94d}\\u{937}\\u{93f}",
                "n\u{303}andu\u{301} क्षि",
            ),
            ("\u{61c}a", "\\u{61c}a", "\\u{61c}a", "\\u{61c}a"),
        ] {
            assert_eq!(OneLine::new(text).to_string(), unprintable);
            assert_eq!(OneLine::ascii(text).to_string(), ascii);
            let quoted = unprintable
                .replace("x\" \\", "x\\\" \\\\")
                .replace(" \"x", " \\\"x");
            assert_eq!(OneLine::quoted(text).to_string(), quoted);
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
    fn the_end_is_kept() {
        let show = |text: &str| OneLine::new(text).max_chars(30).keep_end().to_string();
        for (text, shown) in [
            ("short\nand whole", "short\\nand whole"),
            (
                "Traceback (most recent):\n  many lines\nValueError: it's 7\n",
                "Traceback  ... ValueError: it's 7",
            ),
            (
                "failed: a line\nthe end of a long last line is kept",
                "failed: a  ... ng last line is kept",
            ),
            (
                &"0123456789".repeat(4),
                "0123456789 ... 01234567890123456789",
            ),
        ] {
            assert_eq!(show(text), shown);
        }
    }

    #[test]
    fn an_excerpt_takes_any_bytes() {
        assert_eq!(excerpt(b"  <html>\n<b>no\xff\n"), "<html>\\n<b>no\u{fffd}");
        assert_eq!(excerpt(b"\r\n"), "");
        assert!(excerpt(&vec![0xc3; 100_000]).ends_with("..."));
    }
}
