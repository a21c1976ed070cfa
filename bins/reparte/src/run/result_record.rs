//! The outcome of a task as a record: a row of a table, or a JSON object.

use std::time::Duration;

use reparte::{TaskError, TaskErrorKind};
use serde_json::{Map, Value as Json, json};

use crate::json::{to_json, to_text};
use crate::run::call_result::CallResult;
use crate::run::task::Task;

/// Returns the names of the fields of a row, in their order. The columns of the input, if they have
/// names, stand in place of the line. A column that has the name of another field, such as `result`,
/// becomes `input.result`: no name stands twice.
pub(super) fn field_names(columns: Option<&[String]>, has_errors: bool) -> Vec<String> {
    let outcome = ["result", "error", "server", "seconds", "attempts"];
    let errors: &[&str] = if has_errors { &["stderr"] } else { &[] };
    let others = [&["task"][..], &outcome, errors].concat();
    let input = match columns {
        None => vec!["input".to_owned()],
        Some(names) => distinct_names(names, &others),
    };
    let mut names = vec!["task".to_owned()];
    names.extend(input);
    names.extend(others.into_iter().skip(1).map(str::to_owned));
    names
}

/// Returns the names with `input.` before those that are taken, as often as it takes.
fn distinct_names(names: &[String], taken: &[&str]) -> Vec<String> {
    let renamed = names.iter().map(|name| {
        let mut new = name.clone();
        if taken.contains(&&*new) {
            new.insert_str(0, "input.");
            while names.contains(&new) {
                new.insert_str(0, "input.");
            }
        }
        new
    });
    renamed.collect()
}

/// Returns an outcome as a row of a table, with so many columns of the input.
pub(super) fn fields(
    task: &Task,
    outcome: &Result<CallResult, TaskError>,
    columns: Option<usize>,
    has_errors: bool,
) -> Vec<String> {
    let mut fields = vec![task.line.to_string()];
    match (&task.columns, columns) {
        (Some(found), Some(count)) => {
            fields.extend(found.cells.iter().take(count).cloned());
            fields.resize(1 + count, String::new());
        }
        // A row that is not UTF-8.
        (None, Some(count)) => {
            fields.push(task.input.clone());
            fields.resize(1 + count, String::new());
        }
        (_, None) => fields.push(task.input.clone()),
    }
    let seconds = |time: Duration| format!("{:.6}", time.as_secs_f64());
    fields.extend(match outcome {
        Ok(result) => [
            to_text(&result.value),
            String::new(),
            result.server.to_string(),
            seconds(result.time),
            result.attempts.to_string(),
        ],
        Err(error) => [
            String::new(),
            error.full_reason(),
            last_server(error).unwrap_or_default().to_owned(),
            task.failed_after().map(seconds).unwrap_or_default(),
            error.calls().to_string(),
        ],
    });
    if has_errors {
        let errors = outcome
            .as_ref()
            .ok()
            .and_then(|result| result.errors.clone());
        fields.push(errors.unwrap_or_default());
    }
    fields
}

/// Returns an outcome as a JSON object.
pub(super) fn object(
    task: &Task,
    outcome: &Result<CallResult, TaskError>,
    has_errors: bool,
) -> Json {
    let mut object = Map::new();
    let mut set = |name: &str, value: Json| object.insert(name.to_owned(), value);
    set("task", task.line.into());
    set("input", input(task));
    match outcome {
        Ok(result) => {
            set("result", to_json(&result.value));
            set("server", (*result.server).into());
            set("seconds", json!(result.time.as_secs_f64()));
            set("attempts", result.attempts.into());
            if let Some(errors) = result.errors.as_ref().filter(|_| has_errors) {
                set("stderr", errors.as_str().into());
            }
        }
        Err(error) => {
            let message = error.full_reason();
            set("error", json!({ "kind": kind(error), "message": message }));
            set("server", last_server(error).into());
            if let Some(time) = task.failed_after() {
                set("seconds", json!(time.as_secs_f64()));
            }
            set("attempts", error.calls().into());
        }
    }
    Json::Object(object)
}

/// Returns the input of a task: its columns by name if they have names, or else its line.
fn input(task: &Task) -> Json {
    let named = task.columns.as_ref().and_then(|columns| {
        let names = columns.names.as_ref()?.iter().cloned();
        let cells = columns.cells.iter().map(|cell| Json::from(cell.as_str()));
        Some(names.zip(cells).collect::<Map<_, _>>())
    });
    named.map_or_else(|| Json::from(task.input.as_str()), Json::Object)
}

/// Returns the kind of a failure, as JSON has it.
pub(super) fn kind(error: &TaskError) -> &'static str {
    match (error.kind(), error.history().last()) {
        (TaskErrorKind::Permanent, Some(last)) => last.error.kind().name(),
        (TaskErrorKind::GivenUp, _) => "given up",
        (TaskErrorKind::Poison, _) => "poison",
        (TaskErrorKind::Cancelled, _) => "cancelled",
        _ => "failed",
    }
}

/// Returns the server of the task's last failed call.
pub(super) fn last_server(error: &TaskError) -> Option<&str> {
    error.history().last().map(|call| &*call.server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_has_the_name_of_another() {
        for (columns, has_errors, expected) in [
            (&["a", "", "input"][..], true, &["a", "", "input"][..]),
            (&["result", "stderr"], false, &["input.result", "stderr"]),
            (&["stderr"], true, &["input.stderr"]),
            (
                &["task", "input.task", "input.input.task"],
                false,
                &["input.input.input.task", "input.task", "input.input.task"],
            ),
        ] {
            let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
            let names = field_names(Some(&columns), has_errors);
            assert_eq!(names[1..=columns.len()], *expected);
        }
    }
}
