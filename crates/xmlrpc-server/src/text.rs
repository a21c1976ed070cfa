//! Text from outside, made fit for a log, a terminal or a message.

use std::fmt::{self, Write};

/// The most characters of one foreign text that are shown.
const SHOWN: usize = 200;

/// Displays foreign text in printable ASCII on one line, without a double quote that
/// is not escaped, cut at 200 characters.
pub(crate) struct Foreign<'a>(pub(crate) &'a str);

impl fmt::Display for Foreign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (shown, c) in self.0.chars().enumerate() {
            if shown == SHOWN {
                return f.write_str("...");
            }
            match c {
                '\'' => f.write_char(c)?,
                _ => write!(f, "{}", c.escape_default())?,
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
        for (raw, shown) in [
            ("/RPC2?it's=1", "/RPC2?it's=1"),
            ("a\"b\\c", "a\\\"b\\\\c"),
            ("\u{1b}[31m\r\n\0", "\\u{1b}[31m\\r\\n\\u{0}"),
            ("año \u{202e}", "a\\u{f1}o \\u{202e}"),
        ] {
            assert_eq!(Foreign(raw).to_string(), shown);
        }
        let long = Foreign(&"x".repeat(SHOWN + 1)).to_string();
        assert_eq!(long, format!("{}...", "x".repeat(SHOWN)));
    }
}
