//! Characters that a terminal obeys.

/// Returns whether a terminal obeys the character instead of showing it: a control
/// character, or one that changes the direction of the text after it.
pub fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns
}

/// Escapes what a terminal obeys, except line feeds and tabs.
pub fn multi_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match is_obeyed(c) && !matches!(c, '\n' | '\t') {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_feeds_and_tabs_stay() {
        assert_eq!(multi_line("a\tb\nc\r\u{9b}1m"), "a\tb\nc\\r\\u{9b}1m");
    }
}
