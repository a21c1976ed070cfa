//! Standard output, which holds what the article's programs print and nothing else.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _};

use super::exit::Failure;

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
