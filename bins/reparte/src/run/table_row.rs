//! A row of a table.

use csv::ByteRecord;

use crate::run::table_format::Table;

/// A row as it was read.
pub(super) struct Row {
    /// The number of its first line.
    pub(super) number: u64,
    pub(super) cells: ByteRecord,
    /// The number of the line where the quote of the last cell opens, if nothing closes it.
    pub(super) open_quote: Option<u64>,
}

impl Row {
    /// Returns a row as a line without its end.
    pub(super) fn line(&self, table: Table) -> Vec<u8> {
        let last = self.cells.iter().next_back();
        let (Some(_), Some(last)) = (self.open_quote, last) else {
            return table.line(&self.cells);
        };
        // A second quote would make a task of what follows the first.
        let before: ByteRecord = self.cells.iter().take(self.cells.len() - 1).collect();
        let mut line = match before.is_empty() {
            true => Vec::new(),
            false => [&*table.line(&before), b","].concat(),
        };
        line.push(b'"');
        for &byte in last {
            line.extend(match byte {
                b'"' => &b"\"\""[..],
                _ => std::slice::from_ref(&byte),
            });
        }
        line
    }

    /// Checks that each quote is closed.
    pub(super) fn check_quotes(&self) -> Result<(), String> {
        match self.open_quote {
            None => Ok(()),
            Some(line) => Err(format!(
                "the quote that opens in line {line} is never closed, so the rest of the table is \
                 in its cell: close it, or write it twice within quotes if it is text"
            )),
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
