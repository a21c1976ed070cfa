//! What a program prints, whatever its log shows: on standard output what the article's
//! programs print and nothing else, on standard error what its user must not miss.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _};

use super::exit::Failure;

/// Prints a line on standard error. Without one to write to, there is nobody to tell.
pub(crate) fn tell(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Prints a line on standard output.
///
/// # Errors
///
/// [`Failure::Done`] where the reader has left, as in `| head -10`: a quiet end.
/// [`Failure::Output`] where the line can't be written.
pub fn print(line: impl Display) -> Result<(), Failure> {
    writeln!(std::io::stdout().lock(), "{line}").map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::Done,
        _ => Failure::Output(error),
    })
}
