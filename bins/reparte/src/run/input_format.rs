//! The formats of the input.

use clap::ValueEnum;

// The comments of the variants are the text of `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum InputFormat {
    /// A line is a task
    Lines,
    /// A row is a task, with commas between its columns and quotes where they are needed (RFC
    /// 4180); the first row names the columns. --colsep ';' for semicolons
    Csv,
    /// Rows as in csv, with tabs between the columns and without quotes
    Tsv,
}
