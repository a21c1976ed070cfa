//! Lines on standard output and standard error.

use std::fmt::Display;
use std::io::{self, Write as _};

use crate::diagnostics;
use crate::standard_streams::check_output;

/// Prints a line on standard error, through the queue of [`diagnostics`]: it waits for nobody.
pub fn eprint(line: impl Display) {
    diagnostics::write(format!("{line}\n").into_bytes());
}

/// Prints a line on standard output.
///
/// # Errors
///
/// The line can't be written: with [`io::ErrorKind::BrokenPipe`] if the reader has closed
/// its end, as in `| head`, which is no reason for a program to complain; or if standard output
/// was closed when the program was started.
pub fn print(line: impl Display) -> io::Result<()> {
    check_output()?;
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
