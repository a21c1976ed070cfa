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
    let mut left = TASK_CHARS + 1;
    let arguments: Vec<_> = within(arguments, &mut left).collect();
    let text = match &*arguments {
        [argument] => to_text(argument),
        several => json_text(&several.iter().map(to_json).collect()),
    };
    match text.char_indices().nth(TASK_CHARS) {
        None => text,
        Some((at, _)) => format!("{}\u{2026}", text.get(..at).unwrap_or_default()),
    }
}

/// Returns the beginnings of values, of `left` characters in all at least. The rest of a long
/// argument is not converted for a log that has no room for it.
fn within<'a>(values: &'a [Value], left: &'a mut usize) -> impl Iterator<Item = Value> + 'a {
    values.iter().map_while(move |value| {
        let value = (*left > 0).then(|| beginning(value, left))?;
        // The comma, or the quotes.
        *left = left.saturating_sub(1);
        Some(value)
    })
}

/// Returns the beginning of a value, of `left` characters at least, or the whole of it.
fn beginning(value: &Value, left: &mut usize) -> Value {
    match value {
        Value::String(text) => {
            let begin: String = text.chars().take(*left).collect();
            *left = left.saturating_sub(begin.chars().count());
            Value::String(begin)
        }
        Value::Base64(bytes) => {
            let begin = bytes.get(..*left).unwrap_or(bytes);
            *left = left.saturating_sub(begin.len());
            Value::Base64(begin.to_vec())
        }
        Value::Array(values) => Value::Array(within(values, left).collect()),
        Value::Struct(members) => {
            let begin = members.iter().map_while(|(name, value)| {
                *left = (*left > 0).then(|| left.saturating_sub(name.chars().count()))?;
                Some((name.to_owned(), beginning(value, left)))
            });
            Value::Struct(begin.collect())
        }
        short => short.clone(),
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
                ProgramFailure::TimeLimit(overrun) => {
                    ("time limit", None, None, Some(text), &*overrun.errors)
                }
                ProgramFailure::BadOutput(output) => (
                    "fault",
                    output.exit_code,
                    None,
                    Some(output.reason.message.clone()),
                    &*output.errors,
                ),
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
        // The end of an argument is not converted, whatever the argument is.
        let row = Value::Array(vec![Value::from("\u{e9}\n"); 5000]);
        let pair = [("name".to_owned(), row.clone())];
        let deep = Value::Struct(pair.into_iter().collect());
        for value in [row, deep, Value::Base64(vec![b'x'; 5000])] {
            let whole: String = to_text(&value).chars().take(TASK_CHARS).collect();
            assert_eq!(task(&[value]), format!("{whole}\u{2026}"));
        }
        let long = task(&[Value::String("\u{e9}".repeat(TASK_CHARS + 1))]);
        assert_eq!(long, format!("{}\u{2026}", "\u{e9}".repeat(TASK_CHARS)));
    }
}
