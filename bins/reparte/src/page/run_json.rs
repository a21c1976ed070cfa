//! The state of a run as JSON, for the page's scripts.

use std::fmt::Write as _;

use reparte::{CallReason, RunSummary};
use serde_json::{Value, json};

use crate::page::snapshot::Snapshot;
use crate::page::state_text::meaning;
use crate::page::timeline::{CallOutcome, micros};

/// The parts of the data that the page has: calls and failed tasks before these numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Since {
    pub(super) calls: u64,
    pub(super) failures: u64,
}

/// Returns all that the page shows, with the ended calls and the failed tasks from `since` on.
/// Times are in microseconds from the start of the run, but for those of the account.
///
/// Calls are rows of numbers, one after the other in an array, since there are many. An ended
/// call is its lane, task, start, length, reason and outcome; a running one its lane, task,
/// start, reason, and whether it is lost.
pub(super) fn run_json(snapshot: &Snapshot<'_>, since: Since) -> String {
    let mut text = head(snapshot).to_string();
    // The members that are already text, or would be slow as values, follow before the `}`.
    text.pop();
    text.push_str(",\"account\":");
    text.push_str(&snapshot.summary.to_json());
    push_ended(&mut text, snapshot, since.calls);
    push_running(&mut text, snapshot);
    // Writing to a string does not fail.
    let _ = write!(text, ",\"failed\":{}", failed(snapshot, since.failures));
    let _ = write!(text, ",\"past\":{}}}", past(snapshot));
    text
}

/// Returns the failed tasks, and the numbers of the first one that is kept and of the next.
fn failed(snapshot: &Snapshot<'_>, since: u64) -> Value {
    let (first, next) = snapshot.failures.range();
    let tasks = snapshot.failures.since(since).map(|failure| {
        json!({
            "task": failure.line,
            "input": failure.input,
            "whole": failure.is_whole,
            "cells": failure.cells,
            "error": { "kind": failure.kind, "message": failure.message },
            "server": failure.server,
            "seconds": failure.seconds,
            "attempts": failure.attempts,
        })
    });
    json!({ "first": first, "next": next, "tasks": tasks.collect::<Vec<_>>() })
}

fn head(snapshot: &Snapshot<'_>) -> Value {
    let timeline = snapshot.timeline;
    let (first, next) = timeline.range();
    let errors = timeline.errors().map(|error| {
        json!({
            "at": error.at,
            "task": error.task,
            "server": &*error.server,
            "text": error.text,
        })
    });
    let over = snapshot.ending.map(|ending| {
        json!({
            "well": ending.is_success,
            "text": ending.text,
        })
    });
    let expected = (snapshot.info.estimate)().map(|estimate| {
        json!({
            "tasks": estimate.tasks,
            "sure": estimate.is_exact,
        })
    });
    let details = snapshot.info.details.as_ref().map(|details| {
        let details = details();
        json!({
            "state": details.state,
            "permille": details.permille,
            "title": details.table.title,
            "columns": details.table.columns,
            "rows": details.table.rows,
        })
    });
    let header = snapshot.info.header.as_ref();
    let header = header.map(|header| json!({ "line": header.line, "names": *header.names }));
    json!({
        // A number of 64 bits is not exact in a browser.
        "id": format!("{:016x}", snapshot.info.id),
        "header": header,
        "function": snapshot.info.function,
        "command": snapshot.info.command,
        "began": snapshot.info.began,
        "over": over,
        "now": micros(snapshot.summary.elapsed),
        "waits": snapshot.summary.wait_reason(),
        "meanings": meanings(snapshot.summary),
        "expected": expected,
        "details": details,
        "rate": snapshot.rate,
        "missed": timeline.missed(),
        "errors": errors.collect::<Vec<Value>>(),
        "names": timeline.names().collect::<Vec<_>>(),
        "lanes": timeline.lanes(),
        "first": first,
        "next": next,
    })
}

/// Returns the meaning of each server's state, by its name.
fn meanings(summary: &RunSummary) -> Value {
    let states = summary.servers.iter().map(|server| server.state);
    let known = states.filter_map(|state| Some((state.to_string(), meaning(state)?.into())));
    Value::Object(known.collect())
}

fn push_ended(text: &mut String, snapshot: &Snapshot<'_>, since: u64) {
    text.push_str(",\"ended\":[");
    for call in snapshot.timeline.ended_since(since) {
        let length = call.end - call.start;
        let (reason, outcome) = (reason_code(call.reason), outcome_code(call.outcome));
        let lane = u64::from(call.lane);
        push_row(text, [lane, call.task, call.start, length, reason, outcome]);
    }
    text.push(']');
}

fn push_running(text: &mut String, snapshot: &Snapshot<'_>) {
    text.push_str(",\"running\":[");
    for call in snapshot.timeline.running() {
        let Some(lane) = call.lane else { continue };
        let (reason, lost) = (reason_code(call.reason), u64::from(call.is_lost));
        push_row(text, [lane.into(), call.task, call.start, reason, lost]);
    }
    text.push(']');
}

/// Returns the utilisation of the lanes by calls that are no longer kept; null if all are.
fn past(snapshot: &Snapshot<'_>) -> Value {
    let timeline = snapshot.timeline;
    if timeline.range().0 == 0 {
        return Value::Null;
    }
    let lanes = 0..timeline.lanes().len();
    json!({
        "length": timeline.utilisation().length(),
        "lanes": lanes.map(|lane| timeline.utilisation().text(lane)).collect::<Vec<_>>(),
    })
}

/// Appends numbers to an array.
fn push_row<const N: usize>(text: &mut String, numbers: [u64; N]) {
    for number in numbers {
        if !text.ends_with('[') {
            text.push(',');
        }
        // Writing to a string does not fail.
        let _ = write!(text, "{number}");
    }
}

/// Returns a reason's index in `REASONS` of timeline.js.
fn reason_code(reason: CallReason) -> u64 {
    match reason {
        CallReason::Retry => 1,
        CallReason::Hedge => 2,
        _ => 0,
    }
}

/// Returns an outcome's index in `OUTCOMES` of timeline.js.
fn outcome_code(outcome: CallOutcome) -> u64 {
    match outcome {
        CallOutcome::Result => 0,
        CallOutcome::Failed => 1,
        CallOutcome::Cancelled => 2,
        CallOutcome::Lost => 3,
        CallOutcome::Unknown => 4,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use reparte::RunSummary;

    use super::*;
    use crate::page::ending::Ending;
    use crate::page::run_info::{Header, RunInfo};
    use crate::page::task_failures::{TaskFailure, TaskFailures};
    use crate::page::timeline::Timeline;
    use crate::task_estimate::TaskEstimate;

    fn run_info() -> RunInfo {
        let estimate = TaskEstimate {
            tasks: 9,
            is_exact: false,
        };
        RunInfo {
            function: "f".to_owned(),
            command: "reparte run </script>".to_owned(),
            id: 1 << 60,
            header: Some(Header {
                line: "a,\"b c\"".to_owned(),
                names: Arc::from(["a".to_owned(), "b c".to_owned()]),
            }),
            began: 1_700_000_000,
            estimate: Box::new(move || Some(estimate)),
            details: None,
        }
    }

    fn parsed(timeline: &Timeline, ending: Option<&Ending>, since: u64) -> Value {
        let mut failures = TaskFailures::default();
        for line in [3, 8] {
            failures.add(TaskFailure {
                line,
                input: "</script>".to_owned(),
                is_whole: true,
                cells: Some(vec!["1".to_owned()]),
                kind: "fault",
                message: "no".to_owned(),
                server: Some("a".to_owned()),
                seconds: Some(0.5),
                attempts: 2,
            });
        }
        let since = Since {
            calls: since,
            failures: since,
        };
        let snapshot = Snapshot {
            info: &run_info(),
            timeline,
            failures: &failures,
            summary: &RunSummary::default(),
            rate: ending.map(|_| 2.5),
            ending,
        };
        let text = run_json(&snapshot, since);
        serde_json::from_str(&text).expect(&text)
    }

    #[test]
    fn a_run_that_has_not_begun_is_empty_arrays() {
        let json = parsed(&Timeline::default(), None, 0);
        for name in ["ended", "running", "errors", "lanes", "names"] {
            assert_eq!(json[name], json!([]), "{name}");
        }
        assert_eq!(json["expected"], json!({ "tasks": 9, "sure": false }));
        assert_eq!(
            (&json["past"], &json["over"], &json["rate"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        assert_eq!(json["account"]["done"], json!(0));
        assert_eq!(json["id"], json!("1000000000000000"));
        let header = json!({ "line": "a,\"b c\"", "names": ["a", "b c"] });
        assert_eq!(json["header"], header);
    }

    #[test]
    fn calls_are_rows_and_those_told_before_are_left_out() {
        let at = Duration::from_millis;
        let mut timeline = Timeline::default();
        let a = Arc::from("a");
        timeline.start_call(0, 5, &a, CallReason::First, at(1));
        timeline.start_call(1, 6, &a, CallReason::Retry, at(2));
        timeline.start_call(2, 6, &a, CallReason::Hedge, at(2));
        timeline.end_call(0, CallOutcome::Failed, Some("no <such>"), at(4));
        timeline.end_call(1, CallOutcome::Result, None, at(6));
        timeline.lose_call(2, "timed out", at(7));
        let ending = Ending::of(&Ok(()));
        let json = parsed(&timeline, Some(&ending), 0);
        assert_eq!(
            json["ended"],
            json!([0, 5, 1000, 3000, 0, 1, 1, 6, 2000, 4000, 1, 0])
        );
        assert_eq!(json["running"], json!([2, 6, 2000, 2, 1]));
        assert_eq!(
            json["errors"][0],
            json!({ "at": 4000, "task": 5, "server": "a", "text": "no <such>" })
        );
        assert_eq!((&json["first"], &json["next"]), (&json!(0), &json!(2)));
        assert_eq!(json["over"], json!({ "well": true, "text": "Done" }));
        let json = parsed(&timeline, Some(&ending), 1);
        assert_eq!(json["ended"], json!([1, 6, 2000, 4000, 1, 0]));
        let failed = json!({
            "task": 8, "input": "</script>", "whole": true, "cells": ["1"], "server": "a",
            "seconds": 0.5, "attempts": 2,
            "error": { "kind": "fault", "message": "no" },
        });
        assert_eq!(
            json["failed"],
            json!({ "first": 0, "next": 2, "tasks": [failed] })
        );
        assert_eq!(parsed(&timeline, Some(&ending), 7)["ended"], json!([]));
    }
}
