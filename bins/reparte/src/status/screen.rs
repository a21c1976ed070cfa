//! The screen of `--watch`: shows a table again and again, in one place if it is a terminal.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};

use cli_support::standard_streams::check_output;
use jiff::Zoned;

use crate::terminal_size::{Size, terminal_size};

/// The place where tables are shown.
#[derive(Debug)]
pub(super) struct Screen {
    watch: bool,
    is_terminal: bool,
}

impl Screen {
    pub(super) fn new(watch: bool) -> Self {
        Screen {
            watch,
            is_terminal: io::stdout().is_terminal(),
        }
    }

    /// Prints a table. If it is to be watched, puts the time above it; and on a terminal draws
    /// it in place of the last one, cut to the terminal's size.
    pub(super) fn show(&self, table: &str) -> io::Result<()> {
        check_output()?;
        let mut out = io::stdout().lock();
        if !self.watch {
            out.write_all(table.as_bytes())?;
            return out.flush();
        }
        let now = Zoned::now().strftime("%Y-%m-%d %H:%M:%S");
        match self.is_terminal {
            // ANSI: H moves the cursor to the top left, K clears the rest of a line, and J the
            // lines below.
            true => {
                let table =
                    terminal_size(io::stdout()).map_or(table.into(), |size| cut(table, size));
                let table = table.replace('\n', "\x1b[K\n");
                write!(out, "\x1b[H{now}\x1b[K\n{table}\x1b[J")?;
            }
            false => writeln!(out, "{now}\n{table}")?,
        }
        out.flush()
    }
}

/// Returns the lines of a table that fit, and a line that says how many do not.
fn cut(table: &str, size: Size) -> Cow<'_, str> {
    // A terminal breaks a line that is too long.
    let rows = |line: &str| line.chars().count().div_ceil(size.columns).max(1);
    // The time takes a row, and so does the cursor below the table.
    let room = size.rows.saturating_sub(2);
    if table.lines().map(rows).sum::<usize>() <= room {
        return table.into();
    }
    let mut rows_left = room.saturating_sub(1);
    let fits = |line: &&str| {
        let rest = rows_left.checked_sub(rows(line));
        rows_left = rest.unwrap_or(0);
        rest.is_some()
    };
    let mut shown: Vec<&str> = table.lines().take_while(fits).collect();
    let more = format!("... and {} more", table.lines().count() - shown.len());
    shown.extend([&*more, ""]);
    shown.join("\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_cut_to_the_screen() {
        let table = "head\none\nlong long long\nthree\nfour\n";
        for (rows, columns, expected) in [
            (7, 80, table),
            (6, 80, "head\none\nlong long long\n... and 2 more\n"),
            (5, 80, "head\none\n... and 3 more\n"),
            (3, 80, "... and 5 more\n"),
            (1, 80, "... and 5 more\n"),
            // A long line takes several rows.
            (8, 10, table),
            (7, 10, "head\none\nlong long long\n... and 2 more\n"),
            (6, 10, "head\none\n... and 3 more\n"),
            (14, 3, table),
            (13, 3, "head\none\nlong long long\nthree\n... and 1 more\n"),
        ] {
            let size = Size { rows, columns };
            assert_eq!(cut(table, size), expected, "{size:?}");
        }
    }
}
