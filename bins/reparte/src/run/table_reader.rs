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
}

impl TableReader {
    /// Reads the first row.
    ///
    /// # Errors
    ///
    /// The input can't be read, has no row, leaves a quote open in the first one, or names two
    /// columns alike.
    pub(super) fn new(
        input: impl BufRead + Send + 'static,
        table: Table,
        types: ColumnTypes,
        progress: &Arc<InputProgress>,
    ) -> io::Result<Self> {
        let counts = Arc::new(Counts::default());
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
        };
        let row = this
            .next_row()?
            .ok_or_else(|| invalid("there is no row that names the columns"))?;
        row.check_quotes().map_err(|reason| invalid(&reason))?;
        this.names = names(&row.cells)?.into();
        this.header = row.line(table);
        Ok(this)
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
        if let Err(reason) = row.check_quotes() {
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
                match self.table {
                    Table::Csv => ", and quotes around a cell that has a comma",
                    Table::Tsv => "",
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
        let position = self.reader.position().byte() - self.input.bytes_beyond_end();
        let read = usize::try_from(position - self.position).unwrap_or(usize::MAX);
        self.progress.count_bytes(read);
        self.position = position;
        if !has_row {
            return Ok(None);
        }
        // The parser's own count is one behind where a line ends with a carriage return.
        let last = self.input.lines.load(Relaxed);
        let mut ends: u64 = cells.iter().map(line_ends).sum();
        let mut open_quote = None;
        if self.input.is_beyond_end() {
            // The end of the last line is in the last cell too.
            ends = ends.saturating_sub(1);
            let within = cells.iter().next_back().map_or(0, line_ends);
            open_quote = Some((last + 1).saturating_sub(within));
            cells = without_last_byte(&cells);
        }
        Ok(Some(Row {
            number: last.saturating_sub(ends),
            cells,
            open_quote,
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
mod tests {
    use std::io::Read as _;

    use xmlrpc_client::Value;

    use super::*;
    use crate::value_type::ValueType;

    fn open(input: &[u8], table: Table, types: &[ValueType]) -> io::Result<TableReader> {
        let input = io::Cursor::new(input.to_vec());
        TableReader::new(input, table, ColumnTypes(types.to_vec()), &Arc::default())
    }

    fn tasks(input: &[u8], table: Table, types: &[ValueType]) -> Vec<Task> {
        let mut reader = open(input, table, types).unwrap();
        std::iter::from_fn(|| reader.next_task().unwrap()).collect()
    }

    #[test]
    fn a_row_is_a_task_with_the_number_of_its_first_line() {
        let input =
            b"\xef\xbb\xbfname, size \r\nx,1\r\n\r\n\n\"two\nlines, \"\"quoted\"\"\",2\nlast,3";
        let tasks = tasks(input, Table::Csv, &[ValueType::String, ValueType::Int]);
        let read: Vec<_> = tasks
            .iter()
            .map(|task| {
                (
                    task.line,
                    &*task.input,
                    task.arguments().unwrap()[1].clone(),
                )
            })
            .collect();
        let quoted = "\"two\nlines, \"\"quoted\"\"\",2";
        assert_eq!(
            read,
            [
                (2, "x,1", Value::Int(1)),
                (5, quoted, Value::Int(2)),
                (7, "last,3", Value::Int(3))
            ]
        );
        let columns = tasks[1].columns.as_ref().unwrap();
        assert_eq!(columns.cells, ["two\nlines, \"quoted\"", "2"]);
        let names = columns.names.as_ref().unwrap();
        assert_eq!(names[..], ["name".to_owned(), "size".to_owned()]);
    }

    // Excel's "CSV (Macintosh)" has `\r` alone. The pieces cut line ends too.
    #[test]
    fn each_line_end_counts_as_one_line() {
        let inputs: [(&[u8], [u64; 3]); 4] = [
            (b"a,b\r1,2\r3,4\r5,6", [2, 3, 4]),
            (b"a,b\r\n1,2\r\n\r\n3,4\r\n5,6\r\n", [2, 4, 5]),
            (b"a,b\r\r1,\"x\ry\r\nz\"\r3,4\n5,6\r", [3, 6, 7]),
            (b"a,b\n\n\r\r\n1,2\r3,4\r\r5,6\n", [5, 6, 8]),
        ];
        for (input, expected) in inputs {
            for piece in 1..8 {
                let pieces = io::BufReader::with_capacity(piece, io::Cursor::new(input.to_vec()));
                let types = ColumnTypes(vec![ValueType::String]);
                let reader = TableReader::new(pieces, Table::Csv, types, &Arc::default());
                let mut reader = reader.unwrap();
                let tasks = std::iter::from_fn(|| reader.next_task().unwrap());
                let lines: Vec<u64> = tasks.map(|task| task.line).collect();
                assert_eq!(lines, expected, "{}", input.escape_ascii());
            }
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told_with_its_line() {
        for (input, number, opens, kept) in [
            (
                &b"a,b\n1,2\n3,\"oops\n4,5\n"[..],
                3,
                3,
                &b"3,\"oops\n4,5\n"[..],
            ),
            (b"a,b\n3,\"oops", 2, 2, b"3,\"oops"),
            (b"a,b\n\"", 2, 2, b"\""),
            (
                b"a,b\n\r\n3,\"oops\r\n4,5\r\n",
                3,
                3,
                b"3,\"oops\r\n4,5\r\n",
            ),
            (b"a,b\r3,\"oops\r4,5\r", 2, 2, b"3,\"oops\r4,5\r"),
            (
                b"a,b\n\"3\n4\",\"say \"\"x\n",
                2,
                3,
                b"\"3\n4\",\"say \"\"x\n",
            ),
        ] {
            for piece in 1..8 {
                let pieces = io::BufReader::with_capacity(piece, io::Cursor::new(input.to_vec()));
                let types = ColumnTypes(vec![ValueType::String]);
                let reader = TableReader::new(pieces, Table::Csv, types, &Arc::default());
                let mut reader = reader.unwrap();
                let tasks = std::iter::from_fn(|| reader.next_task().unwrap());
                let task = tasks.last().unwrap();
                let why = task.arguments().unwrap_err();
                let start = format!("line {number}: the quote that opens in line {opens} is never");
                assert!(why.starts_with(&start), "{why}");
                assert_eq!(task.whole_line(), Some(kept), "{}", input.escape_ascii());
            }
        }
        for input in [
            &b"a\n\"x\""[..],
            b"a\n\"x\n\"\n",
            b"a\nx\"y\n",
            b"a\n\"x\"\"\"\r",
        ] {
            let tasks = tasks(input, Table::Csv, &[ValueType::String]);
            assert!(tasks[0].arguments().is_ok(), "{}", input.escape_ascii());
        }
        let error = open(b"a,\"b\n1,2\n", Table::Csv, &[]).err().unwrap();
        assert!(error.to_string().contains("opens in line 1"), "{error}");
    }

    #[test]
    fn tabs_are_between_cells_that_have_no_quotes() {
        let tasks = tasks(b"a\tb\n\"x\t1,2\n", Table::Tsv, &[ValueType::String]);
        assert_eq!(tasks[0].input, "\"x\t1,2");
        let cells = &tasks[0].columns.as_ref().unwrap().cells;
        assert_eq!(cells[..], ["\"x".to_owned(), "1,2".to_owned()]);
    }

    #[test]
    fn a_row_that_is_no_task_says_why() {
        for (row, types, reason) in [
            (
                &b"1,2,3\n"[..],
                &[ValueType::String][..],
                "line 2: 3 columns, and the first row has 2: give each row as many, and quotes",
            ),
            (b"1\n", &[ValueType::String], "line 2: 1 column, and"),
            (
                b"1,x\n",
                &[ValueType::Int],
                "line 2: column 2: \"x\" is not a whole number",
            ),
            (
                b"1,2\n",
                &[ValueType::Int; 3],
                "line 2: 2 columns, and --arg-type has 3 types",
            ),
            (b"\xff,2\n", &[ValueType::String], "line 2: not UTF-8"),
        ] {
            let input = [b"a,b\n", row].concat();
            let tasks = tasks(&input, Table::Csv, types);
            let why = tasks[0].arguments().unwrap_err();
            assert!(why.starts_with(reason), "{why}");
            assert_eq!(tasks[0].whole_line(), row.strip_suffix(b"\n"));
        }
    }

    #[test]
    fn a_table_without_names_or_end_is_an_error() {
        let error = |input: &[u8]| open(input, Table::Csv, &[]).err().unwrap().to_string();
        assert!(error(b"\n").contains("no row that names"));
        assert!(error(b"a,b,a\n").contains("two columns \"a\""));
        assert!(error(b"\xff\n").contains("not UTF-8"));
        let endless = io::Cursor::new(b"a\n\"").chain(io::BufReader::new(io::repeat(b'x')));
        let types = ColumnTypes(vec![ValueType::String]);
        let mut reader = TableReader::new(endless, Table::Csv, types, &Arc::default()).unwrap();
        let error = reader.next_task().err().unwrap();
        let reason = "behind line 1, a row is longer than 16777216 bytes: a quote may lack";
        assert!(error.to_string().starts_with(reason), "{error}");
    }
}
