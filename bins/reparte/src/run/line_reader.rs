//! The reader of lines, each of which is a task.

use std::io::{self, BufRead, Read as _};
use std::string::FromUtf8Error;
use std::sync::Arc;

use crate::run::binary_kind::binary_kind;
use crate::run::column_types::counted;
use crate::run::input_progress::InputProgress;
use crate::run::line_format::LineFormat;
use crate::run::task::{Columns, Original, Task};

/// The longest line that is a task, in bytes: a server reads no more by default.
pub(super) const LONGEST: u64 = 16 * 1024 * 1024;
/// The mark that some editors write before a text in UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// The most characters that are kept of a line that can't be sent.
const BEGINNING: usize = 200;
/// Reads tasks, and counts what it has read.
pub(super) struct LineReader {
    input: Box<dyn BufRead + Send>,
    format: LineFormat,
    /// The number of the line that was read last, from 1. Empty lines count.
    line: u64,
    /// The first line with columns: its number, and how many there are.
    first_columns: Option<(u64, usize)>,
    progress: Arc<InputProgress>,
}

impl LineReader {
    pub(super) fn new(
        input: impl BufRead + Send + 'static,
        format: LineFormat,
        progress: &Arc<InputProgress>,
    ) -> Self {
        LineReader {
            input: Box::new(input),
            format,
            line: 0,
            first_columns: None,
            progress: Arc::clone(progress),
        }
    }

    /// Reads the next line that is not empty, without its end. Of a line that is too long
    /// returns the first bytes, one more than [`LONGEST`], and skips the rest.
    fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = self
                .input
                .by_ref()
                .take(LONGEST + 1)
                .read_until(b'\n', &mut line)?;
            self.progress.count_bytes(read);
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            if self.line == 1
                && let Some(kind) = binary_kind(&line)
            {
                return Err(io::Error::new(io::ErrorKind::InvalidData, kind));
            }
            if self.line == 1 && line.starts_with(BYTE_ORDER_MARK) {
                line.drain(..BYTE_ORDER_MARK.len());
            }
            let is_whole = line.pop_if(|last| *last == b'\n').is_some();
            if is_whole {
                line.pop_if(|last| *last == b'\r');
            } else if line.len() as u64 > LONGEST {
                let rest = self.input.skip_until(b'\n')?;
                self.progress.count_bytes(rest);
            }
            if !line.is_empty() {
                return Ok(Some(line));
            }
        }
    }

    /// Counts the lines that are tasks, as far as they can be read.
    pub(super) fn count_lines(&mut self) -> u64 {
        let mut count = 0;
        while let Ok(Some(_)) = self.next_line() {
            count += 1;
        }
        count
    }

    fn task(&mut self, line: Vec<u8>) -> Task {
        let is_too_long = line.len() as u64 > LONGEST;
        let mut columns = None;
        let (input, original, arguments) = match String::from_utf8(line) {
            // The cut may be within a character, so it may not be UTF-8.
            read if is_too_long => {
                let line = read.map_or_else(FromUtf8Error::into_bytes, String::into_bytes);
                let reason =
                    format!("longer than {LONGEST} bytes: give shorter tasks, such as names");
                (beginning(&line), Original::TooLong, Err(reason))
            }
            Ok(input) => {
                let read = self.format.read(&input).and_then(|read| {
                    if let Some(cells) = read.cells {
                        self.check_columns(cells.len())?;
                        columns = Some(Columns { names: None, cells });
                    }
                    Ok(read.values)
                });
                (input, Original::Input, read)
            }
            Err(error) => {
                let reason = "not UTF-8: convert it, or write bytes with --arg-type base64";
                let input = beginning(error.as_bytes());
                let original = Original::Bytes(error.into_bytes());
                (input, original, Err(reason.to_owned()))
            }
        };
        Task::new(self.line, input, original, columns, arguments)
    }

    /// Checks that a line has as many columns as the first one.
    fn check_columns(&mut self, count: usize) -> Result<(), String> {
        let (line, expected) = *self.first_columns.get_or_insert((self.line, count));
        match count == expected {
            true => Ok(()),
            false => Err(format!(
                "{}, and line {line} has {expected}: give each line as many",
                counted(count)
            )),
        }
    }
}

/// Reads the next task.
impl Iterator for LineReader {
    type Item = io::Result<Task>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.next_line().transpose()?;
        Some(line.map(|line| self.task(line)))
    }
}

/// Returns the beginning of a line that can't be sent.
pub(super) fn beginning(line: &[u8]) -> String {
    // A character has at most four bytes.
    let first = line.get(..4 * BEGINNING).unwrap_or(line);
    String::from_utf8_lossy(first)
        .chars()
        .take(BEGINNING)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use xmlrpc_client::Value;

    use super::*;
    use crate::proportion::{alone, check_proportion};
    use crate::run::column_types::ColumnTypes;
    use crate::value_type::ValueType;

    fn tasks(input: &'static [u8], format: LineFormat) -> (Vec<Task>, Arc<InputProgress>) {
        let progress = Arc::default();
        let tasks = LineReader::new(input, format, &progress);
        (tasks.collect::<Result<_, _>>().unwrap(), progress)
    }

    #[test]
    fn a_binary_file_is_told_at_its_first_line() {
        for (input, text) in [
            (&b"\x1f\x8b\x08\0\0\0\0\0\0\x03\n"[..], Some("gzip")),
            (b"\x28\xb5\x2f\xfd\x04", Some("zstd")),
            (b"BZh91AY&SY\xff\n", Some("bzip2")),
            (b"PK\x03\x04\x14\0\n", Some("ZIP")),
            (b"\x7fELF\x02\x01\x01\0", Some("a program")),
            (b"\x04\"M\x18\x64\x40\xa7\n", Some("lz4")),
            (b"\x1f\x9d\x90\n", Some("compress")),
            (b"\x89PNG\r\n\x1a\n", Some("an image")),
            (b"\xff\xd8\xff\xe1\n", Some("an image")),
            (
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\n",
                Some("control characters"),
            ),
            (b"a\0b\n", Some("a zero byte")),
            (b"BZh is a name\n", None),
            // A line that is not UTF-8 fails alone.
            (b"\xff\xfe\n", None),
            // Latin-1, ISO-2022-JP, and UTF-8 with a control character.
            (b"caf\xe9\tcr\xe8me\x0c\r\n", None),
            (b"\x1b$B8l\x1b(B \xe9\n", None),
            (b"caf\xc3\xa9 \x01\n", None),
            (b"text\na\0b\n", None),
        ] {
            let format = LineFormat::Argument(ValueType::String);
            let mut tasks = LineReader::new(input, format, &Arc::default());
            let kind = tasks.next().unwrap().err().map(|error| error.to_string());
            assert_eq!(kind.is_some(), text.is_some(), "{input:?}");
            if let (Some(kind), Some(text)) = (kind, text) {
                assert!(kind.contains(text), "{kind}");
            }
        }
    }

    #[test]
    fn a_line_is_a_task_and_an_empty_one_is_none() {
        let (tasks, progress) = tasks(
            b"one\n\n\r\ntwo words\r\n  \nlast",
            LineFormat::Argument(ValueType::String),
        );
        let read: Vec<_> = tasks
            .iter()
            .map(|task| (task.line, task.input.as_str()))
            .collect();
        assert_eq!(read, [(1, "one"), (4, "two words"), (5, "  "), (6, "last")]);
        for task in &tasks {
            let argument = Value::String(task.input.clone());
            assert_eq!(task.arguments(), Ok(&vec![argument]));
        }
        assert!(!progress.is_complete(), "which is for the caller to say");
    }

    #[test]
    fn a_byte_order_mark_before_the_first_line_is_none_of_it() {
        for (input, expected) in [
            ("\u{feff}7\n8\n", &[(1, "7"), (2, "8")][..]),
            ("\u{feff}\n8\n", &[(2, "8")]),
            ("\u{feff}", &[]),
            // One alone, and none that stands elsewhere.
            ("\u{feff}\u{feff}7\n", &[(1, "\u{feff}7")]),
            ("7\n\u{feff}8\n", &[(1, "7"), (2, "\u{feff}8")]),
        ] {
            let (tasks, _) = tasks(input.as_bytes(), LineFormat::Argument(ValueType::String));
            let read: Vec<_> = tasks
                .iter()
                .map(|task| (task.line, task.input.as_str()))
                .collect();
            assert_eq!(read, expected);
        }
    }

    #[test]
    fn a_line_that_is_no_task_says_why_with_its_number() {
        for (input, line, part) in [
            (
                &b"\n7.5"[..],
                LineFormat::Argument(ValueType::Int),
                "line 2: \"7.5\" is not a whole number",
            ),
            (
                b"\xff\xfe",
                LineFormat::Argument(ValueType::String),
                "line 1: not UTF-8",
            ),
            (
                b"7",
                LineFormat::Json,
                "line 1: JSON, but no array and no object",
            ),
            (
                b"[7",
                LineFormat::Json,
                "line 1: no JSON array and no object",
            ),
        ] {
            let (tasks, _) = tasks(input, line);
            let why = tasks[0].arguments().unwrap_err();
            assert!(why.contains(part), "{why}");
            let whole = input.strip_prefix(b"\n").unwrap_or(input);
            assert_eq!(tasks[0].whole_line(), Some(whole));
        }
    }

    #[test]
    fn a_line_has_as_many_columns_as_the_first() {
        let types = ColumnTypes(vec![ValueType::Int]);
        let format = LineFormat::Columns("::".to_owned(), types);
        let (tasks, _) = tasks(b"1::2\n\n3::4\n5\n6::x\n", format);
        assert_eq!(
            tasks[1].arguments(),
            Ok(&vec![Value::Int(3), Value::Int(4)])
        );
        for (task, text) in [
            (
                2,
                "line 4: 1 column, and line 1 has 2: give each line as many",
            ),
            (3, "line 5: column 2: \"x\" is not a whole number"),
        ] {
            let why = tasks[task].arguments().unwrap_err();
            assert!(why.starts_with(text), "{why}");
        }
    }

    #[test]
    fn a_file_costs_in_proportion_to_its_bytes() {
        type Shape = (&'static str, usize, fn(usize) -> Vec<u8>);
        let shapes: [Shape; 6] = [
            ("empty lines", 0, |size| vec![b'\n'; size]),
            ("line ends of Windows", 0, |size| b"\r\n".repeat(size / 2)),
            // One line is in memory at a time, once as it is and once as an argument.
            ("a line", 2, |size| vec![b'a'; size]),
            ("lines", 0, |size| b"a\n".repeat(size / 2)),
            ("bytes that are no text", 2, |size| vec![0xff; size]),
            ("lines that are no text", 0, |size| {
                b"\xff\n".repeat(size / 2)
            }),
        ];
        alone(
            "run::line_reader::tests::a_file_costs_in_proportion_to_its_bytes",
            || {
                for (name, bytes_per_byte, make) in shapes {
                    let make = |size| Arc::<[u8]>::from(make(size));
                    check_proportion(name, 1 << 20, bytes_per_byte, make, |bytes| {
                        let input = io::Cursor::new(Arc::clone(bytes));
                        let format = LineFormat::Argument(ValueType::String);
                        black_box(LineReader::new(input, format, &Arc::default()).count());
                    });
                }
            },
        );
    }

    #[test]
    fn a_line_that_is_too_long_is_read_over() {
        // Two bytes a character, and one before them: it is cut within one.
        let characters = "\u{e9}".repeat(LONGEST as usize / 2 + 1);
        let long = io::Cursor::new(format!("x{characters}")).chain(io::repeat(b'x').take(LONGEST));
        let input = io::BufReader::new(long.chain(&b"\nnext\n"[..]));
        let progress = Arc::default();
        let mut tasks = LineReader::new(input, LineFormat::Argument(ValueType::String), &progress);
        let first = tasks.next().unwrap().unwrap();
        assert!(
            first
                .arguments()
                .unwrap_err()
                .contains("longer than 16777216 bytes")
        );
        assert_eq!(first.input.chars().count(), BEGINNING);
        assert_eq!(first.whole_line(), None);
        let second = tasks.next().unwrap().unwrap();
        assert_eq!((second.line, second.input.as_str()), (2, "next"));
        assert!(tasks.next().is_none());
    }
}
