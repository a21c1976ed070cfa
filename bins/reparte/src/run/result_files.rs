//! The files of `--results`: three for each task that has ended.

use std::cell::Cell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use reparte::TaskError;
use serde_json::Value as Json;
use untrusted_text::OneLine;
use xmlrpc_client::Value;

use crate::exit::Failure;
use crate::json::{json_text, to_text};
use crate::output_file::{OutputFile, output_failure};
use crate::run::call_result::CallResult;
use crate::run::result_record::object;
use crate::run::task::Task;

/// The directory of the files.
///
/// | file | has |
/// | --- | --- |
/// | `17.out` | the result of the task of line 17, with a line end; bytes as they are |
/// | `17.err` | the program's error output, or the reason of the failure |
/// | `17.json` | how the task has ended, as `--output jsonl` has it; written last |
///
/// The files of a task are replaced. Those of another task are not, where the first file that would
/// be replaced shows it: `--tasks failed.txt` numbers its tasks anew.
#[derive(Debug)]
pub(super) struct ResultFiles {
    directory: PathBuf,
    has_written: Cell<bool>,
    /// True once it is told that a file of another task was replaced.
    is_told: Cell<bool>,
}

impl ResultFiles {
    /// Makes the directory, and checks that files can be made in it.
    pub(super) fn open(directory: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(directory).map_err(|error| {
            Failure::argument(format_args!(
                "--results: can't make the directory {} ({error}): name one where you may write",
                directory.display()
            ))
        })?;
        OutputFile::at("--results", Some(&directory.join("1.json")))?;
        Ok(ResultFiles {
            directory: directory.to_owned(),
            has_written: Cell::new(false),
            is_told: Cell::new(false),
        })
    }

    /// Writes the files of a task, over older ones.
    ///
    /// # Errors
    ///
    /// They can't be written, or the first ones would replace those of another task.
    pub(super) fn write(
        &self,
        task: &Task,
        outcome: &Result<CallResult, TaskError>,
    ) -> Result<(), Failure> {
        let (out, err) = match outcome {
            Ok(result) => (output(&result.value), result.errors.clone()),
            Err(error) => (Vec::new(), Some(error.full_reason())),
        };
        let err = with_end(err.unwrap_or_default());
        let json = status(task, outcome);
        self.check_replaced(task, &json)?;
        self.has_written.set(true);
        let json = format!("{}\n", json_text(&json));
        let written = self
            .replace(task, "out", &out)
            .and_then(|()| self.replace(task, "err", err.as_bytes()))
            .and_then(|()| self.replace(task, "json", json.as_bytes()));
        let name = || format!("--results {}", self.directory.display());
        written.map_err(|error| output_failure(&name(), &error))
    }

    /// Compares the input of a task with that of the file which it would replace.
    fn check_replaced(&self, task: &Task, json: &Json) -> Result<(), Failure> {
        let name = format!("{}.json", task.line);
        let Ok(text) = fs::read_to_string(self.directory.join(&name)) else {
            return Ok(());
        };
        let older: Json = serde_json::from_str(&text).unwrap_or_default();
        let (Some(other), Some(input)) = (older.get("input"), json.get("input")) else {
            return Ok(());
        };
        if other == input {
            return Ok(());
        }
        let directory = self.directory.display();
        let (other, input) = (json_text(other), json_text(input));
        let of = format!(
            "{name} was of another task, {}, and not of {}",
            OneLine::new(&other),
            OneLine::new(&input)
        );
        if !self.has_written.get() {
            return Err(Failure::argument(format_args!(
                "--results {directory}: {of}: name another directory, or remove that one"
            )));
        }
        if !self.is_told.replace(true) {
            log::warn!("--results {directory}: {of}: it was replaced, and so are others like it");
        }
        Ok(())
    }

    /// Puts a whole file in its place: nobody sees half of it.
    fn replace(&self, task: &Task, kind: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.directory.join(format!("{}.{kind}", task.line));
        let unfinished = path.with_extension(format!("{kind}.unfinished"));
        fs::write(&unfinished, bytes)?;
        fs::rename(&unfinished, &path)
    }
}

fn output(value: &Value) -> Vec<u8> {
    match value {
        Value::Base64(bytes) => bytes.clone(),
        value => with_end(to_text(value)).into_bytes(),
    }
}

/// Returns a text with a line end, unless it is empty.
fn with_end(mut text: String) -> String {
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn status(task: &Task, outcome: &Result<CallResult, TaskError>) -> Json {
    let mut json = object(task, outcome, false);
    if let Json::Object(members) = &mut json {
        members.remove("result");
        let status = match outcome {
            Ok(_) => "done",
            Err(_) => "failed",
        };
        members.insert("status".to_owned(), status.into());
    }
    json
}
