//! The format of values on standard output.

use clap::ValueEnum;

// The comments of the variants are the text of `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ValueFormat {
    /// A string as it is, a number in decimals, anything with parts as JSON
    Text,
    /// JSON on one line
    Json,
}
