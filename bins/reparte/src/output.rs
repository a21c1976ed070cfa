//! What is printed: results on standard output, what its user must not miss on standard
//! error.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

/// Prints a line on standard error. Without one to write to, there is nobody to tell.
pub(crate) fn tell(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Prints a line on standard output.
pub(crate) fn print(line: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Text from a server as it goes to standard output: as it came into a file or a pipe; a
/// terminal, which obeys some characters, gets those escaped.
pub(crate) fn for_reader(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| is_obeyed(c) && !matches!(c, '\n' | '\t');
    match io::stdout().is_terminal() {
        true => Cow::Owned(escaped(text, obeyed)),
        false => Cow::Borrowed(text),
    }
}

/// Text from a server as a part of a line: what a terminal obeys is escaped, and it is cut
/// at `most` characters.
pub(crate) fn in_line(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => escaped(text, is_obeyed),
        Some((end, _)) => {
            let begin = text.get(..end).unwrap_or_default();
            format!("{}...", escaped(begin, is_obeyed))
        }
    }
}

/// Whether a terminal does more with it than to show it: control characters, and those that
/// change the direction of what follows.
fn is_obeyed(c: char) -> bool {
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match is_escaped(c) {
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
    fn a_part_of_a_line_is_one_line_and_cut() {
        for (text, line) in [
            ("plain año", "plain año"),
            ("two\nlines\u{1b}[31m", "two\\nlines\\u{1b}[31m"),
            ("turned \u{202e}round", "turned \\u{202e}round"),
            ("0123456789ABCDEF", "0123456789AB..."),
        ] {
            let most = if text.len() == 16 { 12 } else { 40 };
            assert_eq!(in_line(text, most), line);
        }
    }
}
