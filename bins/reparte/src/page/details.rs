//! The details of a run that only its subcommand knows: a line and a table.

/// The details at one time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Details {
    /// The state, in a few words; empty if there is nothing to say.
    pub(crate) state: String,
    /// The part of the work that is done, in thousandths, if it is known.
    pub(crate) permille: Option<u16>,
    pub(crate) table: DetailsTable,
}

/// A table. Its first column names the rows, and the others are numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct DetailsTable {
    pub(crate) title: &'static str,
    pub(crate) columns: &'static [&'static str],
    pub(crate) rows: Vec<Vec<String>>,
}
