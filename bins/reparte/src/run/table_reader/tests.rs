use std::io::Read as _;

use xmlrpc_client::Value;

use super::*;
use crate::value_type::ValueType;

const CSV: Table = Table::Csv(None);

/// Reads a table that comes in pieces of this many bytes.
fn in_pieces(input: &[u8], piece: usize) -> Vec<Task> {
    let pieces = io::BufReader::with_capacity(piece, io::Cursor::new(input.to_vec()));
    let types = ColumnTypes(vec![ValueType::String]);
    let mut reader = TableReader::new(pieces, CSV, types, &Arc::default()).unwrap();
    std::iter::from_fn(|| reader.next_task().unwrap()).collect()
}

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
    let input = b"\xef\xbb\xbfname, size \r\nx,1\r\n\r\n\n\"two\nlines, \"\"quoted\"\"\",2\nlast,3";
    let tasks = tasks(input, CSV, &[ValueType::String, ValueType::Int]);
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
            let tasks = in_pieces(input, piece);
            let lines: Vec<u64> = tasks.iter().map(|task| task.line).collect();
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
            let tasks = in_pieces(input, piece);
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
        let tasks = tasks(input, CSV, &[ValueType::String]);
        assert!(tasks[0].arguments().is_ok(), "{}", input.escape_ascii());
    }
    let error = open(b"a,\"b\n1,2\n", CSV, &[]).err().unwrap();
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
        let tasks = tasks(&input, CSV, types);
        let why = tasks[0].arguments().unwrap_err();
        assert!(why.starts_with(reason), "{why}");
        assert_eq!(tasks[0].whole_line(), row.strip_suffix(b"\n"));
    }
}

#[test]
fn a_table_without_names_or_end_is_an_error() {
    let error = |input: &[u8]| open(input, CSV, &[]).err().unwrap().to_string();
    assert!(error(b"\n").contains("no row that names"));
    assert!(error(b"a,b,a\n").contains("two columns \"a\""));
    assert!(error(b"\xff\n").contains("not UTF-8"));
    let endless = io::Cursor::new(b"a\n\"").chain(io::BufReader::new(io::repeat(b'x')));
    let types = ColumnTypes(vec![ValueType::String]);
    let mut reader = TableReader::new(endless, CSV, types, &Arc::default()).unwrap();
    let error = reader.next_task().err().unwrap();
    let reason = "behind line 1, a row is longer than 16777216 bytes: a quote may lack";
    assert!(error.to_string().starts_with(reason), "{error}");
}

// The second quote ended the cell in silence, and the rows between were in it.
#[test]
fn a_stray_quote_that_a_later_one_closes_is_told_with_both() {
    for (rows, line, reason) in [
        (
            &b"1,\"x\n2,b\n3,\"y, z\"\n"[..],
            2,
            "the quote in line 4, column 3 closes the cell that begins in line 2, column 3, and text",
        ),
        (
            b"\xc3\xa91,\"x\r\n2,b\r\n3,\"\",\"y\"\r\n",
            2,
            "the quote in line 4, column 6 closes the cell that begins in line 2, column 4, and text",
        ),
        (b"\"a\"b,2\n", 2, "the quote in line 2, column 3 closes"),
        (b"\"a\" ,2\n", 2, "the quote in line 2, column 3 closes"),
        (
            b"1,\"x\n2,\",z\"\n",
            2,
            "a quoted cell that begins in line 2, column 3 spans lines, and the quote in line 3, \
             column 6 is within",
        ),
    ] {
        let input = [&b"a,b\n"[..], rows, b"last,row\n"].concat();
        for piece in 1..8 {
            let tasks = in_pieces(&input, piece);
            let [bad, last] = &*tasks else {
                panic!("{} tasks of {}", tasks.len(), input.escape_ascii());
            };
            let why = bad.arguments().unwrap_err();
            assert!(why.starts_with(&format!("line {line}: {reason}")), "{why}");
            let row = rows.strip_suffix(b"\n").unwrap();
            let row = row.strip_suffix(b"\r").unwrap_or(row);
            assert_eq!(bad.whole_line(), Some(row), "a row as it was");
            assert_eq!(last.input, "last,row");
        }
    }
    let tasks = in_pieces(b"a,b\n5\" pipe,7\n\"x \"\"y\"\"\",\"\"\n", 3);
    let cells = |at: usize| &tasks[at].columns.as_ref().unwrap().cells[..];
    assert_eq!(cells(0), ["5\" pipe", "7"], "a quote that is text");
    assert_eq!(cells(1), ["x \"y\"", ""]);
}

#[test]
fn a_row_that_looks_like_several_is_told() {
    let warnings = |input: &[u8], columns| {
        let mut quotes = QuoteCheck::new(Some(b','));
        quotes.set_columns(columns);
        quotes.read(input);
        quotes.end();
        let row = quotes.take_row();
        row.check().unwrap();
        row.warning(columns)
    };
    let long = format!("\"{}\"", "text\n".repeat(101));
    for (input, columns, lines) in [
        ("1,\"5\n2,6\"\n", 2, Some("lines 1 to 2, and each")),
        (
            "1,\"5\r\n\r\n2,b\r\n3,6\"\r\n",
            2,
            Some("lines 1 to 4, and each"),
        ),
        ("1,\"5\n2,\"\"\n3,6\"", 2, Some("lines 1 to 3, and each")),
        (&*long, 1, Some("lines 1 to 102, which are many")),
        ("x,\"two\nlines\",2\n", 3, None),
        ("x,\"two\nlines\"\n", 2, None),
        ("\"one\ncolumn\"\n", 1, None),
        ("1,2\n", 2, None),
    ] {
        let warning = warnings(input.as_bytes(), columns);
        match lines {
            None => assert_eq!(warning, None, "{input}"),
            Some(lines) => assert!(warning.is_some_and(|text| text.contains(lines)), "{input}"),
        }
    }
}

// The parser took a mark that came alone for the end of the input.
#[test]
fn a_byte_order_mark_in_any_pieces_is_none_of_the_table() {
    for marks in ["\u{feff}", "\u{feff}\u{feff}"] {
        let input = [marks, "\"a\",b\nx,\u{feff}y\n"].concat();
        for piece in 1..12 {
            let tasks = in_pieces(input.as_bytes(), piece);
            let columns = tasks[0].columns.as_ref().unwrap();
            assert_eq!(columns.names.as_ref().unwrap()[..], ["a", "b"]);
            assert_eq!(columns.cells, ["x", "\u{feff}y"]);
        }
    }
    for beginning in [&b"\xef"[..], b"\xef\xbb", b"\xef\xbb\xbf", b""] {
        let error = open(beginning, CSV, &[]).err();
        assert!(error.is_some(), "{}", beginning.escape_ascii());
    }
}

#[test]
fn another_separator_is_told_or_given() {
    let error = |input: &[u8]| open(input, CSV, &[]).err().unwrap().to_string();
    assert!(error(b"a;b\n1;2\n").contains("give --colsep ';'"));
    assert!(error(b"a\tb\n1\t2\n").contains("give --input tsv"));
    let semicolons = Table::csv(";").unwrap();
    let tasks = tasks(b"a;b\n\"1;5\";2,5\n", semicolons, &[ValueType::String]);
    assert_eq!(tasks[0].columns.as_ref().unwrap().cells, ["1;5", "2,5"]);
    assert_eq!(tasks[0].input, "\"1;5\";2,5");
    let told = Table::csv(",").unwrap();
    assert_eq!(&*open(b"a;b\n", told, &[]).unwrap().names()[0], "a;b");
    for separator in ["", "::", "\"", "\n", "\u{e9}"] {
        assert!(Table::csv(separator).is_err(), "{separator}");
    }
}
