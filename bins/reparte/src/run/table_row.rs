//! A row of a table.

use csv::ByteRecord;

use crate::run::quote_check::RowQuotes;
use crate::run::table_format::Table;

/// A row as it was read.
pub(super) struct Row {
    /// The number of its first line.
    pub(super) number: u64,
    pub(super) cells: ByteRecord,
    pub(super) quotes: RowQuotes,
}

impl Row {
    /// Returns the row as a line without its end. A row whose quotes are wrong is returned as it
    /// stands in the input: quotes that are put right would make another row of it.
    pub(super) fn line(&self, table: Table) -> Vec<u8> {
        match self.quotes.check() {
            Ok(()) => table.line(&self.cells),
            Err(_) => self.quotes.bytes.clone(),
        }
    }
}

/// Returns a row without the last byte of its last cell.
pub(super) fn without_last_byte(row: &ByteRecord) -> ByteRecord {
    let last = row.len().saturating_sub(1);
    let cells = row.iter().enumerate();
    let cells = cells.map(|(at, cell)| match cell.split_last() {
        Some((_, rest)) if at == last => rest,
        _ => cell,
    });
    cells.collect()
}
