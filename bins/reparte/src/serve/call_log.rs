//! The log of calls: the file of `--log`, with a JSON object a line.
//!
//! docs/programs.md has the members.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};
use xmlrpc_server::Context;
use xmlrpc_wire::Value;

use crate::exit::Failure;
use crate::json::{json_text, to_json, to_text};
use crate::program::answer::ProgramAnswer;
use crate::program::failure::{ProgramFailure, program_end};

/// The most characters of a task.
const TASK_CHARS: usize = 1000;

/// The file. Other programs may write to it too, or move it away.
#[derive(Debug)]
pub(super) struct CallLog {
    path: PathBuf,
    file: Mutex<File>,
}

impl CallLog {
    /// Opens the file, which grows at its end.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let mut options = OpenOptions::new();
        // Tasks may have secrets.
        options.append(true).create(true).mode(0o600);
        let file = options.open(path).map_err(|error| {
            Failure::argument(format_args!(
                "--log: can't write {} ({error}): name a file in a folder that is there and that \
                 you may write to",
                path.display()
            ))
        })?;
        Ok(CallLog {
            path: path.to_owned(),
            file: Mutex::new(file),
        })
    }

    /// Writes the line of a call. A line that can't be written is told in the other log: the call
    /// itself has not failed.
    pub(super) fn write(
        &self,
        call: &Context,
        task: String,
        time: Duration,
        result: &Result<ProgramAnswer, ProgramFailure>,
    ) {
        let mut line = json_text(&line(call, task, time, result));
        line.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // One write, so that the lines of several servers stay apart.
        if let Err(error) = file.write_all(line.as_bytes()) {
            log::warn!("--log {}: {error}", self.path.display());
        }
    }
}

/// Returns the arguments of a call as the log has them.
pub(super) fn task(arguments: &[Value]) -> String {
    let text = match arguments {
        [argument] => to_text(argument),
        several => json_text(&several.iter().map(to_json).collect()),
    };
    match text.char_indices().nth(TASK_CHARS) {
        None => text,
        Some((at, _)) => format!("{}\u{2026}", text.get(..at).unwrap_or_default()),
    }
}

fn line(
    call: &Context,
    task: String,
    time: Duration,
    result: &Result<ProgramAnswer, ProgramFailure>,
) -> Json {
    let mut line = Map::new();
    let mut set = |name: &str, value: Json| line.insert(name.to_owned(), value);
    set("time", Timestamp::now().to_string().into());
    set("function", call.method().into());
    set("task", task.into());
    set("call", call.id().into());
    set("client", call.peer().map(|peer| peer.to_string()).into());
    set("seconds", json!(time.as_secs_f64()));
    let (outcome, exit, signal, error, errors) = match result {
        Ok(answer) => ("result", answer.exit_code, None, None, &*answer.errors),
        Err(failure) => {
            let text = failure.to_string();
            match failure {
                ProgramFailure::Failed(status, errors) => (
                    "failed",
                    status.code(),
                    status.signal(),
                    Some(program_end(*status)),
                    &**errors,
                ),
                ProgramFailure::TimeLimit(_, errors) => {
                    ("time limit", None, None, Some(text), &**errors)
                }
                ProgramFailure::Call(_) => ("fault", None, None, Some(text), ""),
                ProgramFailure::Cancelled(_) | ProgramFailure::Stopped => {
                    ("cancelled", None, None, Some(text), "")
                }
                ProgramFailure::Scarce(_) => ("refused", None, None, Some(text), ""),
                ProgramFailure::Unfit(_) => ("unfit", None, None, Some(text), ""),
            }
        }
    };
    set("outcome", outcome.into());
    set("exit", exit.into());
    set("signal", signal.into());
    set("error", error.into());
    set("stderr", errors.into());
    Json::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_its_argument_or_all_of_them() {
        for (arguments, expected) in [
            (vec![Value::from("a b")], "a b"),
            (vec![Value::from(7)], "7"),
            (vec![Value::from(7), Value::from("x")], "[7,\"x\"]"),
            (vec![], "[]"),
        ] {
            assert_eq!(task(&arguments), expected);
        }
        let long = task(&[Value::String("\u{e9}".repeat(TASK_CHARS + 1))]);
        assert_eq!(long, format!("{}\u{2026}", "\u{e9}".repeat(TASK_CHARS)));
    }
}
