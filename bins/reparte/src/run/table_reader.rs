//! The reader of a table: CSV or TSV, whose first row names the columns.

use std::collections::HashSet;
use std::io::{self, BufRead};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use csv::{ByteRecord, Reader};

use crate::run::column_types::{ColumnTypes, counted};
use crate::run::input_lines::{Counts, InputLines, line_ends};
use crate::run::input_progress::InputProgress;
use crate::run::line_reader::{LONGEST, beginning};
use crate::run::quote_check::QuoteCheck;
use crate::run::table_format::Table;
use crate::run::table_row::{Row, without_last_byte};
use crate::run::task::{Columns, Original, Task};

/// Reads the rows of a table.
pub(super) struct TableReader {
    reader: Reader<InputLines>,
    table: Table,
    types: ColumnTypes,
    names: Arc<[String]>,
    /// The first row as a line.
    header: Vec<u8>,
    input: Arc<Counts>,
    /// The position behind the last row.
    position: u64,
    progress: Arc<InputProgress>,
    /// The number of warnings that may still be given.
    warnings: usize,
}

/// The most rows that are named since a stray quote may have made them of several.
const NAMED: usize = 5;

impl TableReader {
    /// Reads the first row.
    ///
    /// # Errors
    ///
    /// The input can't be read, has no row, has a stray quote in the first one, names two columns
    /// alike, or has another separator.
    pub(super) fn new(
        input: impl BufRead + Send + 'static,
        table: Table,
        types: ColumnTypes,
        progress: &Arc<InputProgress>,
    ) -> io::Result<Self> {
        let counts = Arc::new(Counts::new(QuoteCheck::new(table.quoted_separator())));
        let lines = InputLines::new(input, &counts);
        let mut this = TableReader {
            reader: table.reader().from_reader(lines),
            table,
            types,
            names: Arc::default(),
            header: Vec::new(),
            input: counts,
            position: 0,
            progress: Arc::clone(progress),
            warnings: NAMED,
        };
        let row = this.next_row()?.ok_or_else(|| {
            invalid("there is no row that names the columns: write one above the others")
        })?;
        row.quotes.check().map_err(|reason| invalid(&reason))?;
        let names = names(&row.cells)?;
        table
            .check_names(&names)
            .map_err(|reason| invalid(&reason))?;
        this.input.quotes().set_columns(names.len());
        this.names = names.into();
        this.header = row.line(table);
        Ok(this)
    }

    /// Has no row told that is well formed, and may have a stray quote: it has been told.
    pub(super) fn without_warnings(mut self) -> Self {
        self.warnings = 0;
        self
    }

    /// Returns the names of the columns.
    pub(super) fn names(&self) -> &Arc<[String]> {
        &self.names
    }

    /// Returns the first row as a line without its end.
    pub(super) fn header(&self) -> &[u8] {
        &self.header
    }

    /// Reads the next task.
    pub(super) fn next_task(&mut self) -> io::Result<Option<Task>> {
        let Some(row) = self.next_row()? else {
            return Ok(None);
        };
        let (number, line) = (row.number, row.line(self.table));
        if self.warnings > 0
            && let Some(warning) = row.quotes.warning(self.names.len())
        {
            self.warnings -= 1;
            log::warn!("{warning}");
        }
        if let Err(reason) = row.quotes.check() {
            let input = beginning(&line);
            let original = Original::Bytes(line);
            return Ok(Some(Task::new(number, input, original, None, Err(reason))));
        }
        let cells: Result<Vec<String>, _> = row
            .cells
            .iter()
            .map(|cell| String::from_utf8(cell.to_vec()))
            .collect();
        let (Ok(cells), Ok(input)) = (cells, str::from_utf8(&line)) else {
            let reason = "not UTF-8: convert the file, as by `iconv -f latin1 -t utf-8`".to_owned();
            let input = beginning(&line);
            let original = Original::Bytes(line);
            return Ok(Some(Task::new(number, input, original, None, Err(reason))));
        };
        let arguments = match cells.len() == self.names.len() {
            true => self.types.read(&cells),
            false => Err(format!(
                "{}, and the first row has {}: give each row as many{}",
                counted(cells.len()),
                self.names.len(),
                match self.table.quoted_separator() {
                    Some(b',') => ", and quotes around a cell that has a comma",
                    Some(_) => ", and quotes around a cell that has the separator",
                    None => "",
                }
            )),
        };
        let columns = Columns {
            names: Some(Arc::clone(&self.names)),
            cells,
        };
        Ok(Some(Task::new(
            number,
            input.to_owned(),
            Original::Input,
            Some(columns),
            arguments,
        )))
    }

    /// Reads the next row that is not empty.
    fn next_row(&mut self) -> io::Result<Option<Row>> {
        let mut cells = ByteRecord::new();
        self.input.allowed.store(LONGEST, Relaxed);
        let before = self.input.lines.load(Relaxed);
        let read = self.reader.read_byte_record(&mut cells);
        let has_row = read.map_err(|error| located(io_error(error), before))?;
        let position = self.reader.position().byte() + self.input.bytes_before()
            - self.input.bytes_beyond_end();
        let read = usize::try_from(position - self.position).unwrap_or(usize::MAX);
        self.progress.count_bytes(read);
        self.position = position;
        if !has_row {
            return Ok(None);
        }
        // The parser's own count is one behind where a line ends with a carriage return.
        let last = self.input.lines.load(Relaxed);
        let mut ends: u64 = cells.iter().map(line_ends).sum();
        if self.input.is_beyond_end() {
            // The end of the last line is in the last cell too.
            ends = ends.saturating_sub(1);
            cells = without_last_byte(&cells);
        }
        Ok(Some(Row {
            number: last.saturating_sub(ends),
            cells,
            quotes: self.input.quotes().take_row(),
        }))
    }
}

/// Adds to an error of the input which row it is in, if the row is what is wrong.
fn located(error: io::Error, lines_before: u64) -> io::Error {
    match error.kind() {
        io::ErrorKind::InvalidData => invalid(&format!("behind line {lines_before}, {error}")),
        _ => error,
    }
}

fn names(row: &ByteRecord) -> io::Result<Vec<String>> {
    let names: Result<Vec<String>, _> = row
        .iter()
        .map(|cell| String::from_utf8(cell.to_vec()).map(|name| name.trim().to_owned()))
        .collect();
    let names = names.map_err(|_| {
        invalid("the names of the columns are not UTF-8: convert the file, as by `iconv`")
    })?;
    let mut seen = HashSet::new();
    let named = names.iter().filter(|name| !name.is_empty());
    match named.clone().find(|name| !seen.insert(name.as_str())) {
        None => Ok(names),
        Some(name) => Err(invalid(&format!(
            "the first row names two columns {name:?}: give each a name of its own"
        ))),
    }
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests;
