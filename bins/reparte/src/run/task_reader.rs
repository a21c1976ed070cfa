//! Tasks, a line each.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Read as _};
use std::path::Path;
use std::string::FromUtf8Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use cli_support::output::tell;
use xmlrpc_client::Value;

use crate::exit::Failure;
use crate::json::from_json;
use crate::value_type::ValueType;

/// The longest line that is a task: what a server reads at most.
const LONGEST: u64 = 16 * 1024 * 1024;
/// What some editors write before a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// How much is shown of a line that is none.
const SHOWN: usize = 200;

/// One call to be made.
#[derive(Debug)]
pub(super) struct Task {
    /// Its line in the input, from 1.
    pub(super) line: u64,
    /// The line.
    pub(super) input: String,
    /// What is sent; or why that can't be.
    arguments: Result<Vec<Value>, String>,
    calls: AtomicU32,
}

impl Task {
    pub(super) fn arguments(&self) -> Result<&Vec<Value>, String> {
        self.arguments.as_ref().map_err(Clone::clone)
    }

    /// Counts a call that is made of it, and gives how many that makes.
    pub(super) fn count_call(&self) -> u32 {
        self.calls.fetch_add(1, Relaxed) + 1
    }
}

/// What a line of the input is.
#[derive(Debug, Clone, Copy)]
pub(super) enum LineFormat {
    /// One argument.
    Argument(ValueType),
    /// All arguments, as a JSON array.
    Arguments,
}

impl LineFormat {
    fn read(self, line: &str) -> Result<Vec<Value>, String> {
        match self {
            LineFormat::Argument(kind) => Ok(vec![kind.read(line)?]),
            LineFormat::Arguments => {
                let remedy = "write one such as [\"text\", 7], or leave out --json";
                let json = serde_json::from_str(line)
                    .map_err(|error| format!("no JSON array ({error}): {remedy}"))?;
                match from_json(json)? {
                    Value::Array(arguments) => Ok(arguments),
                    _ => Err(format!("JSON, but no array: {remedy}")),
                }
            }
        }
    }
}

impl fmt::Display for LineFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LineFormat::Argument(kind) => f.write_str(&kind.name()),
            LineFormat::Arguments => f.write_str("JSON array"),
        }
    }
}

/// What is known of the input while it is read.
#[derive(Debug, Default)]
pub(super) struct InputProgress {
    tasks: AtomicU64,
    bytes: AtomicU64,
    /// Of the whole input; 0 where nobody knows.
    size: AtomicU64,
    ended: AtomicBool,
}

impl InputProgress {
    /// Whether the input has been read to its end.
    pub(super) fn all_read(&self) -> bool {
        self.ended.load(Relaxed)
    }

    /// How many tasks there are in all, and whether that is sure; none where nothing
    /// is known of what will come.
    pub(super) fn expected(&self) -> Option<(u64, bool)> {
        let tasks = self.tasks.load(Relaxed);
        if self.all_read() {
            return Some((tasks, true));
        }
        let (bytes, size) = (self.bytes.load(Relaxed), self.size.load(Relaxed));
        if bytes == 0 || size < bytes {
            return None;
        }
        let all = u128::from(tasks) * u128::from(size) / u128::from(bytes);
        Some((u64::try_from(all).unwrap_or(u64::MAX), false))
    }
}

/// Reads tasks.
pub(super) struct TaskReader {
    input: Box<dyn BufRead + Send>,
    line: LineFormat,
    number: u64,
    facts: Arc<InputProgress>,
}

impl TaskReader {
    /// Those of a file, or of standard input, which - stands for.
    pub(super) fn open(
        path: Option<&Path>,
        line: LineFormat,
        facts: &Arc<InputProgress>,
    ) -> Result<Self, Failure> {
        let input = match path.filter(|path| *path != Path::new("-")) {
            Some(path) => File::open(path).map_err(|error| unreadable(path, &error))?,
            None => {
                if io::stdin().is_terminal() {
                    tell("reading tasks from the terminal, one a line; Ctrl-D after the last");
                }
                standard_input().map_err(|error| unreadable(Path::new("-"), &error))?
            }
        };
        let metadata = input.metadata().ok().filter(|input| input.is_file());
        let tasks = TaskReader::read(BufReader::with_capacity(1 << 16, input), line, facts);
        facts
            .size
            .store(metadata.map_or(0, |file| file.len()), Relaxed);
        Ok(tasks)
    }

    fn read(
        input: impl BufRead + Send + 'static,
        line: LineFormat,
        facts: &Arc<InputProgress>,
    ) -> Self {
        TaskReader {
            input: Box::new(input),
            line,
            number: 0,
            facts: Arc::clone(facts),
        }
    }

    /// The next line that is not empty, without its end, or as much of it as is read of
    /// a line that is too long; none at the end.
    fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = self
                .input
                .by_ref()
                .take(LONGEST + 1)
                .read_until(b'\n', &mut line)?;
            self.facts.bytes.fetch_add(read as u64, Relaxed);
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if self.number == 1 && line.starts_with(BYTE_ORDER_MARK) {
                line.drain(..BYTE_ORDER_MARK.len());
            }
            let ended = line.pop_if(|last| *last == b'\n').is_some();
            if ended {
                line.pop_if(|last| *last == b'\r');
            } else if line.len() as u64 > LONGEST {
                let rest = self.input.skip_until(b'\n')?;
                self.facts.bytes.fetch_add(rest as u64, Relaxed);
            }
            if !line.is_empty() {
                return Ok(Some(line));
            }
        }
    }

    fn task(&self, line: Vec<u8>) -> Task {
        let too_long = line.len() as u64 > LONGEST;
        let (input, arguments) = match String::from_utf8(line) {
            // Cut within a character, perhaps.
            read if too_long => {
                let line = read.map_or_else(FromUtf8Error::into_bytes, String::into_bytes);
                let why = format!("longer than {LONGEST} bytes: give shorter tasks, such as names");
                (shown(&String::from_utf8_lossy(&line)), Err(why))
            }
            Ok(input) => {
                let arguments = self.line.read(&input);
                (input, arguments)
            }
            Err(error) => {
                let why = "not UTF-8: convert it, or write bytes with --arg-type base64";
                let input = String::from_utf8_lossy(error.as_bytes());
                (shown(&input), Err(why.to_owned()))
            }
        };
        Task {
            line: self.number,
            input,
            arguments: arguments.map_err(|why| format!("line {}: {why}", self.number)),
            calls: AtomicU32::new(0),
        }
    }
}

impl Iterator for TaskReader {
    type Item = io::Result<Task>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.next_line() {
            Ok(Some(line)) => {
                self.facts.tasks.fetch_add(1, Relaxed);
                Some(Ok(self.task(line)))
            }
            Ok(None) => {
                self.facts.ended.store(true, Relaxed);
                None
            }
            Err(error) => Some(Err(error)),
        }
    }
}

/// The begin of a line that is no task.
fn shown(input: &str) -> String {
    input.chars().take(SHOWN).collect()
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::argument(format_args!(
        "--tasks {}: {error}: name a text file, a task a line, or give them on standard input",
        path.display()
    ))
}

/// Standard input, as a file that knows its size if it is one.
#[cfg(unix)]
fn standard_input() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn standard_input() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(File::from(io::stdin().as_handle().try_clone_to_owned()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(input: &'static [u8], line: LineFormat) -> (Vec<Task>, Arc<InputProgress>) {
        let facts = Arc::default();
        let tasks = TaskReader::read(input, line, &facts);
        (tasks.collect::<Result<_, _>>().unwrap(), facts)
    }

    #[test]
    fn a_line_is_a_task_and_an_empty_one_is_none() {
        let (tasks, facts) = tasks(
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
        assert_eq!(facts.expected(), Some((4, true)));
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
            (b"7", LineFormat::Arguments, "line 1: JSON, but no array"),
            (b"[7", LineFormat::Arguments, "line 1: no JSON array"),
        ] {
            let (tasks, _) = tasks(input, line);
            let why = tasks[0].arguments().unwrap_err();
            assert!(why.contains(part), "{why}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_read_over() {
        // Two bytes a character, and one before them: it is cut within one.
        let characters = "\u{e9}".repeat(LONGEST as usize / 2 + 1);
        let long = io::Cursor::new(format!("x{characters}")).chain(io::repeat(b'x').take(LONGEST));
        let input = BufReader::new(long.chain(&b"\nnext\n"[..]));
        let facts = Arc::default();
        let mut tasks = TaskReader::read(input, LineFormat::Argument(ValueType::String), &facts);
        let first = tasks.next().unwrap().unwrap();
        assert!(
            first
                .arguments()
                .unwrap_err()
                .contains("longer than 16777216 bytes")
        );
        assert_eq!(first.input.chars().count(), SHOWN);
        let second = tasks.next().unwrap().unwrap();
        assert_eq!((second.line, second.input.as_str()), (2, "next"));
        assert!(tasks.next().is_none());
    }

    #[test]
    fn how_many_come_is_estimated_by_the_bytes_that_are_read() {
        let facts = InputProgress::default();
        assert_eq!(facts.expected(), None);
        facts.size.store(1000, Relaxed);
        facts.bytes.store(100, Relaxed);
        facts.tasks.store(20, Relaxed);
        assert_eq!(facts.expected(), Some((200, false)));
        facts.bytes.store(1001, Relaxed);
        assert_eq!(facts.expected(), None);
    }
}
