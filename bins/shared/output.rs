//! The lines that the programs print on standard output.

use std::fmt::Display;
use std::io;

use cli_support::output;

use crate::shared::failure::Failure;

/// Prints a line on standard output.
///
/// # Errors
///
/// [`Failure::Done`] if the reader has left, as in `| head -10`: a quiet end.
/// [`Failure::Output`] if the line can't be written.
pub fn print(line: impl Display) -> Result<(), Failure> {
    output::print(line).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::Done,
        _ => Failure::Output(error),
    })
}
