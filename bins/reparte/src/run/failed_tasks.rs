//! The file of `--failed`: the lines of failed tasks, as `--tasks` reads them.

use std::io::{self, Write as _};

use crate::console::Console;
use crate::exit::Failure;
use crate::output_file::{OutputFile, UnfinishedFile, output_failure};
use crate::run::line_reader::BYTE_ORDER_MARK;
use crate::run::task::Task;

/// Collects the lines of failed tasks, if there is a file for them.
#[derive(Debug)]
pub(super) struct FailedTasks {
    /// The flag and the path, as errors name the file.
    name: String,
    /// The line that names the columns, if there is one.
    header: Option<Vec<u8>>,
    file: State,
    /// A failed task is not in the file.
    is_cut: bool,
    console: Console,
}

/// The file, which is begun with the first failed task.
#[derive(Debug)]
enum State {
    /// No file is asked for.
    None,
    /// No task has failed yet.
    Empty(OutputFile),
    Begun(UnfinishedFile),
    /// It can't be written any further.
    Broken(io::Error),
}

impl FailedTasks {
    pub(super) fn new(file: Option<OutputFile>, header: Option<&[u8]>, console: &Console) -> Self {
        FailedTasks {
            name: file.as_ref().map(OutputFile::name).unwrap_or_default(),
            header: header.map(<[u8]>::to_vec),
            file: file.map_or(State::None, State::Empty),
            is_cut: false,
            console: console.clone(),
        }
    }

    /// Adds a failed task. Tells if its line was too long to be kept.
    pub(super) fn add(&mut self, task: &Task) {
        if matches!(self.file, State::None | State::Broken(_)) {
            return;
        }
        let Some(line) = task.whole_line() else {
            self.is_cut = true;
            return self.console.tell(format_args!(
                "line {} is too long to be kept, and is not in {}",
                task.line, self.name
            ));
        };
        let written = match std::mem::replace(&mut self.file, State::None) {
            State::Empty(file) => self.begin(file, line),
            State::Begun(file) => write_line(file, line),
            other => Ok(other),
        };
        self.file = written.unwrap_or_else(State::Broken);
    }

    fn begin(&self, file: OutputFile, first: &[u8]) -> io::Result<State> {
        let mut file = file.begin()?;
        if let Some(header) = &self.header {
            return match write_line(file, header)? {
                State::Begun(file) => write_line(file, first),
                other => Ok(other),
            };
        }
        // A mark at the beginning of a text is none of its first line, so such a line needs two.
        if first.starts_with(BYTE_ORDER_MARK) {
            file.write_all(BYTE_ORDER_MARK)?;
        }
        write_line(file, first)
    }

    /// Puts the file in the place of the run's own tasks, if all of them have ended and those that
    /// failed are in it. Otherwise the tasks stay, with a warning.
    pub(super) fn replace_tasks(self, have_all_ended: bool) -> Result<(), Failure> {
        if have_all_ended && !self.is_cut {
            return self.finish();
        }
        self.console.tell(format_args!(
            "{} stays as it was: tasks of it would be lost",
            self.name
        ));
        match self.file {
            State::Broken(error) => Err(output_failure(&self.name, &error)),
            State::None | State::Empty(_) | State::Begun(_) => Ok(()),
        }
    }

    /// Puts the file in its place.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let finished = match self.file {
            State::None => Ok(()),
            State::Empty(file) => file.begin().and_then(UnfinishedFile::finish),
            State::Begun(file) => file.finish(),
            State::Broken(error) => Err(error),
        };
        finished.map_err(|error| output_failure(&self.name, &error))
    }
}

/// Writes a line with an end that is none of it.
fn write_line(mut file: UnfinishedFile, line: &[u8]) -> io::Result<State> {
    let end: &[u8] = match line.last() {
        Some(b'\r') => b"\r\n",
        _ => b"\n",
    };
    file.write_all(line)?;
    file.write_all(end)?;
    Ok(State::Begun(file))
}
