//! The formats of the results.

use clap::ValueEnum;

// The comments of the variants are the text of `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// The result alone: a string as it is, a number in decimals, anything with parts as
    /// JSON; an empty line for a task that failed
    Text,
    /// A line of fields with tabs between, under a line of their names; in a field, \t,
    /// \n, \r and \\ stand for a tab, line ends and \
    Tsv,
    /// A line of fields with commas between, and quotes where they are needed (RFC 4180), under
    /// a line of their names; a spreadsheet runs a field that begins with = + - or @ as a formula
    Csv,
    /// CSV for a spreadsheet: a ' stands before each such field that is not a number, and
    /// before one that begins with a tab, a line end or a full-width form of these signs
    Spreadsheet,
    /// A JSON object a line
    Jsonl,
}
