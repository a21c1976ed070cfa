//! The outcome of a task as a record: a row of a table, or a JSON object.

use reparte::{TaskError, TaskErrorKind};
use serde_json::{Map, Value as Json, json};

use crate::json::{to_json, to_text};
use crate::run::call_result::CallResult;
use crate::run::task::Task;

/// The names of the fields of a row, in their order.
pub(super) const FIELDS: [&str; 7] = [
    "task", "input", "result", "error", "server", "seconds", "attempts",
];

/// Returns an outcome as a row of a table.
pub(super) fn fields(task: &Task, outcome: &Result<CallResult, TaskError>) -> [String; 7] {
    let (line, input) = (task.line.to_string(), task.input.clone());
    match outcome {
        Ok(result) => [
            line,
            input,
            to_text(&result.value),
            String::new(),
            result.server.to_string(),
            format!("{:.6}", result.time.as_secs_f64()),
            result.attempts.to_string(),
        ],
        Err(error) => [
            line,
            input,
            String::new(),
            error.full_reason(),
            last_server(error).unwrap_or_default().to_owned(),
            String::new(),
            error.calls().to_string(),
        ],
    }
}

/// Returns an outcome as a JSON object.
pub(super) fn object(task: &Task, outcome: &Result<CallResult, TaskError>) -> Json {
    let mut object = Map::new();
    let mut set = |name: &str, value: Json| object.insert(name.to_owned(), value);
    set("task", task.line.into());
    set("input", task.input.as_str().into());
    match outcome {
        Ok(result) => {
            set("result", to_json(&result.value));
            set("server", (*result.server).into());
            set("seconds", json!(result.time.as_secs_f64()));
            set("attempts", result.attempts.into());
        }
        Err(error) => {
            let message = error.full_reason();
            set("error", json!({ "kind": kind(error), "message": message }));
            set("server", last_server(error).into());
            set("attempts", error.calls().into());
        }
    }
    Json::Object(object)
}

/// Returns the kind of a failure, as JSON has it.
fn kind(error: &TaskError) -> &'static str {
    match (error.kind(), error.history().last()) {
        (TaskErrorKind::Permanent, Some(last)) => last.error.kind().name(),
        (TaskErrorKind::GivenUp, _) => "given up",
        (TaskErrorKind::Poison, _) => "poison",
        (TaskErrorKind::Cancelled, _) => "cancelled",
        _ => "failed",
    }
}

/// Returns the server of the task's last failed call.
fn last_server(error: &TaskError) -> Option<&str> {
    error.history().last().map(|call| &*call.server)
}
