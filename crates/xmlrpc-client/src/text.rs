//! Text from outside, made fit for a log or a terminal.

use std::fmt::{self, Write};

/// The most characters of one foreign text that a message shows.
const SHOWN: usize = 300;

/// Displays foreign text on one line: control characters, line ends and invisible or
/// direction-changing characters escaped, the rest cut.
pub(crate) struct Foreign<'a>(pub(crate) &'a str);

impl fmt::Display for Foreign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (shown, c) in self.0.chars().enumerate() {
            if shown == SHOWN {
                return f.write_str("...");
            }
            match c {
                '"' | '\'' | '\\' => f.write_char(c)?,
                _ => write!(f, "{}", c.escape_debug())?,
            }
        }
        Ok(())
    }
}

/// The beginning of a body, as one printable line.
pub(crate) fn excerpt(body: &[u8]) -> String {
    // Four bytes make at least one character, and a body that is all blanks shows none.
    let head = &body[..body.len().min(4 * SHOWN + 4)];
    Foreign(String::from_utf8_lossy(head).trim()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_escaped_and_cut() {
        for (raw, shown) in [
            ("plain, 'quoted' \"twice\"", "plain, 'quoted' \"twice\""),
            ("two\nlines\r\n", "two\\nlines\\r\\n"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("turned \u{202e}round", "turned \\u{202e}round"),
            ("año", "año"),
        ] {
            assert_eq!(Foreign(raw).to_string(), shown);
        }
        let long = Foreign(&"x".repeat(SHOWN + 1)).to_string();
        assert_eq!(long, format!("{}...", "x".repeat(SHOWN)));
    }

    #[test]
    fn an_excerpt_takes_any_bytes() {
        assert_eq!(excerpt(b"  <html>\n<b>no\xff\n"), "<html>\\n<b>no\u{fffd}");
        assert_eq!(excerpt(b"\r\n"), "");
        assert!(excerpt(&vec![0xc3; 100_000]).ends_with("..."));
    }
}
