//! The reader of a run's tasks.

use std::fs::{File, Metadata};
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use cli_support::output::eprint;
use cli_support::standard_streams::check_input;

use crate::exit::Failure;
use crate::run::binary_kind::binary_kind;
use crate::run::input_progress::InputProgress;
use crate::run::line_reader::LineReader;
use crate::run::read_ahead::ReadAhead;
use crate::run::table_reader::TableReader;
use crate::run::task::Task;
use crate::run::task_format::TaskFormat;

/// The size of the input's buffer, in bytes.
const BUFFER: usize = 1 << 16;
/// The size of a file that is read once before the run begins, at most: some seconds.
const SCANNED: u64 = 1 << 30;
/// The most rows that are named because they can't be sent.
const NAMED: usize = 5;

/// Reads tasks, and counts what it has read.
pub(super) struct TaskReader {
    rows: Rows,
    progress: Arc<InputProgress>,
}

enum Rows {
    Lines(LineReader),
    Table(TableReader),
}

impl TaskReader {
    /// Opens a file, or standard input if no path is given or the path is `-`. A file is read once:
    /// its tasks are counted, and rows of columns are checked.
    ///
    /// # Errors
    ///
    /// The input can't be read, or a file has rows that can't be sent.
    pub(super) fn open(
        path: Option<&Path>,
        format: &TaskFormat,
        progress: &Arc<InputProgress>,
    ) -> Result<Self, Failure> {
        let path = path.unwrap_or(Path::new("-"));
        let mut input = open(path)?;
        let size = input.metadata().ok().filter(|input| input.is_file());
        let failed = |error: io::Error| match format {
            // It has a remedy of its own.
            TaskFormat::Table(..) if error.kind() == io::ErrorKind::InvalidData => {
                Failure::argument(format_args!("{}: {error}", shown(path)))
            }
            _ => unreadable(path, &error),
        };
        let mut is_scanned = false;
        if let Some(size) = size.as_ref().map(Metadata::len) {
            let start = input.stream_position().map_err(failed)?;
            progress.set_size(size.saturating_sub(start));
            if size.saturating_sub(start) <= SCANNED {
                let scan = input.try_clone().map_err(failed)?;
                let count = TaskReader::new(scan, format, &Arc::default())
                    .map_err(failed)?
                    .scan(path, format)?;
                progress.set_total(count);
                is_scanned = true;
                // Both descriptors share the place.
                input.seek(SeekFrom::Start(start)).map_err(failed)?;
            }
        }
        let opened = match size.is_some() || input.is_terminal() {
            true => TaskReader::new(input, format, progress),
            false => ReadAhead::start(input, format.has_line_tasks(), progress)
                .and_then(|input| TaskReader::new(input, format, progress)),
        };
        let opened = opened.map_err(failed)?;
        Ok(match opened.rows {
            Rows::Table(table) if is_scanned => TaskReader {
                rows: Rows::Table(table.without_warnings()),
                ..opened
            },
            rows => TaskReader { rows, ..opened },
        })
    }

    fn new(
        input: impl Read + Send + 'static,
        format: &TaskFormat,
        progress: &Arc<InputProgress>,
    ) -> io::Result<Self> {
        let mut input = BufReader::with_capacity(BUFFER, input);
        let rows = match format {
            TaskFormat::Lines(format) => {
                Rows::Lines(LineReader::new(input, format.clone(), progress))
            }
            TaskFormat::Table(table, types) => {
                let start = input.fill_buf()?;
                let line = start.split_inclusive(|&byte| byte == b'\n').next();
                if let Some(kind) = binary_kind(line.unwrap_or_default()) {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, kind));
                }
                Rows::Table(TableReader::new(input, *table, types.clone(), progress)?)
            }
        };
        Ok(TaskReader {
            rows,
            progress: Arc::clone(progress),
        })
    }

    /// Counts the tasks.
    ///
    /// # Errors
    ///
    /// The input can't be read, or rows of columns can't be sent.
    fn scan(mut self, path: &Path, format: &TaskFormat) -> Result<u64, Failure> {
        if let (Rows::Lines(lines), false) = (&mut self.rows, format.has_columns()) {
            return Ok(lines.count_lines());
        }
        let (mut count, mut bad, mut named) = (0_u64, 0_u64, Vec::new());
        for task in self {
            let task = match task {
                Ok(task) => task,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    return Err(Failure::argument(format_args!("{}: {error}", shown(path))));
                }
                // An input that can't be read to its end is told once its first tasks are done.
                Err(_) => break,
            };
            count += 1;
            if let Err(reason) = task.arguments() {
                bad += 1;
                if named.len() < NAMED {
                    named.push(reason);
                }
            }
        }
        if bad == 0 || !format.has_columns() {
            return Ok(count);
        }
        let more = match bad > named.len() as u64 {
            true => "; and others",
            false => "",
        };
        Err(Failure::argument(format_args!(
            "{}: {bad} of {count} rows can't be sent, and none was: {}{more}",
            shown(path),
            named.join("; ")
        )))
    }

    /// Returns the names of the columns, if the input has some.
    pub(super) fn names(&self) -> Option<&Arc<[String]>> {
        match &self.rows {
            Rows::Lines(_) => None,
            Rows::Table(table) => Some(table.names()),
        }
    }

    /// Returns the line that names the columns, without its end.
    pub(super) fn header(&self) -> Option<&[u8]> {
        match &self.rows {
            Rows::Lines(_) => None,
            Rows::Table(table) => Some(table.header()),
        }
    }
}

impl Iterator for TaskReader {
    type Item = io::Result<Task>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = match &mut self.rows {
            Rows::Lines(lines) => lines.next(),
            Rows::Table(table) => table.next_task().transpose(),
        };
        match &next {
            Some(Ok(_)) => self.progress.count_task(),
            Some(Err(_)) => {}
            None => self.progress.complete(),
        }
        next
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    let failed = |error| unreadable(path, &error);
    if path != Path::new("-") {
        let file = File::open(path).map_err(failed)?;
        return match file.metadata().map_err(failed)?.is_dir() {
            true => Err(failed(io::ErrorKind::IsADirectory.into())),
            false => Ok(file),
        };
    }
    check_input().map_err(failed)?;
    if io::stdin().is_terminal() {
        eprint("reading tasks from the terminal, one per line: press Ctrl-D after the last");
    }
    standard_input().map_err(failed)
}

/// Returns the words for the input: nobody has written `--tasks -`, mostly.
fn shown(path: &Path) -> String {
    match path == Path::new("-") {
        true => "the tasks".to_owned(),
        false => format!("--tasks {}", path.display()),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::argument(format_args!(
        "{}: {error}: name a text file with a task per line, or give them on standard input",
        shown(path)
    ))
}

/// Returns standard input as a file. If it is one, its size is known.
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
