//! Text from outside, made fit for a terminal or a log.

use std::fmt::{self, Write};

/// The most characters of one foreign text that a message shows.
const SHOWN: usize = 300;

/// Displays foreign text on one line: control characters, line ends and
/// invisible or direction-changing characters escaped, the rest cut at 300
/// characters.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_escaped_and_cut() {
        let cases = [
            (
                "plain, with 'quotes' and \"these\"",
                "plain, with 'quotes' and \"these\"",
            ),
            ("two\nlines\r\n", "two\\nlines\\r\\n"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("turned \u{202e}round", "turned \\u{202e}round"),
            ("año, 数", "año, 数"),
        ];
        for (raw, shown) in cases {
            assert_eq!(Foreign(raw).to_string(), shown);
        }
        let long = Foreign(&"x".repeat(SHOWN + 1)).to_string();
        assert_eq!(long, format!("{}...", "x".repeat(SHOWN)));
    }
}
