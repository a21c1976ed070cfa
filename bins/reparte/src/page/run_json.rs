//! The state of a run as JSON, for the page's script.

use std::fmt::Write as _;

use reparte::RunSummary;
use serde_json::{Value, json};

use super::RunInfo;
use super::ending::Ending;
use super::timeline::{CallOutcome, CallReason, Timeline, micros};

/// All that the page shows, with the ended calls from the one numbered `since` on. Times
/// are in microseconds from the start of the run, but for the account's own.
///
/// Calls are numbers in a row: of an ended one its lane, task, start, length, why it was
/// made and what became of it; of a running one its lane, task, start, why, and whether it
/// is lost.
pub(super) fn data(
    run_info: &RunInfo,
    timeline: &Timeline,
    account: &RunSummary,
    state: &State,
    since: u64,
) -> String {
    let (first, next) = timeline.range();
    let errors = timeline.errors().map(|error| {
        json!({
            "at": error.at,
            "task": error.task,
            "server": &*error.server,
            "text": error.text,
        })
    });
    let head = json!({
        "function": run_info.function,
        "command": run_info.command,
        "began": run_info.began,
        "over": state.over.as_ref().map(|over| json!({ "well": over.is_well, "text": over.text })),
        "now": micros(account.elapsed),
        "expected": (run_info.expected)().map(|(tasks, is_sure)| json!({ "tasks": tasks, "sure": is_sure })),
        "rate": state.rate,
        "missed": timeline.missed(),
        "errors": errors.collect::<Vec<Value>>(),
        "names": timeline.names().collect::<Vec<_>>(),
        "lanes": timeline.lanes(),
        "first": first,
        "next": next,
    });
    let mut text = head.to_string();
    text.pop();
    text.push_str(",\"account\":");
    text.push_str(&account.to_json());
    text.push_str(",\"ended\":[");
    for bar in timeline.ended_since(since) {
        row(
            &mut text,
            [
                u64::from(bar.lane),
                bar.task,
                bar.start,
                bar.end - bar.start,
                reason(bar.reason),
                outcome(bar.outcome),
            ],
        );
    }
    text.push_str("],\"running\":[");
    for call in timeline.running() {
        if let Some(lane) = call.lane {
            let lost = u64::from(call.lost);
            row(
                &mut text,
                [
                    u64::from(lane),
                    call.task,
                    call.start,
                    reason(call.reason),
                    lost,
                ],
            );
        }
    }
    text.push_str("],\"past\":");
    match first {
        0 => text.push_str("null}"),
        _ => {
            let lanes = (0..timeline.lanes().len()).map(|lane| timeline.utilisation().text(lane));
            let utilisation = json!({
                "length": timeline.utilisation().length(),
                "lanes": lanes.collect::<Vec<_>>(),
            });
            let _ = write!(text, "{utilisation}}}");
        }
    }
    text
}

/// What is known besides the record and the account.
#[derive(Debug, Default)]
pub(super) struct State {
    /// How the run ended, if it has.
    pub(super) over: Option<Ending>,
    /// Tasks per second, of late.
    pub(super) rate: Option<f64>,
}

/// Appends numbers to an array's.
fn row<const N: usize>(text: &mut String, numbers: [u64; N]) {
    for number in numbers {
        if !text.ends_with('[') {
            text.push(',');
        }
        // Writing to a string does not fail.
        let _ = write!(text, "{number}");
    }
}

fn reason(reason: CallReason) -> u64 {
    match reason {
        CallReason::First => 0,
        CallReason::Retry => 1,
        CallReason::Hedge => 2,
    }
}

fn outcome(outcome: CallOutcome) -> u64 {
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

    use super::*;

    fn run_info() -> RunInfo {
        RunInfo {
            function: "f".to_owned(),
            command: "reparte run </script>".to_owned(),
            began: 1_700_000_000,
            expected: Box::new(|| Some((9, false))),
        }
    }

    fn parsed(timeline: &Timeline, state: State, since: u64) -> Value {
        let text = data(&run_info(), timeline, &RunSummary::default(), &state, since);
        serde_json::from_str(&text).expect(&text)
    }

    #[test]
    fn a_run_that_has_not_begun_is_empty_arrays() {
        let json = parsed(&Timeline::default(), State::default(), 0);
        for name in ["ended", "running", "errors", "lanes", "names"] {
            assert_eq!(json[name], json!([]), "{name}");
        }
        assert_eq!(json["expected"], json!({ "tasks": 9, "sure": false }));
        assert_eq!(
            (&json["past"], &json["over"], &json["rate"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        assert_eq!(json["account"]["done"], json!(0));
    }

    #[test]
    fn calls_are_rows_and_those_told_before_are_left_out() {
        let at = Duration::from_millis;
        let mut timeline = Timeline::default();
        let a = Arc::from("a");
        timeline.started(0, 5, &a, CallReason::First, at(1));
        timeline.started(1, 6, &a, CallReason::Retry, at(2));
        timeline.started(2, 6, &a, CallReason::Hedge, at(2));
        timeline.returned(0, CallOutcome::Failed, Some("no <such>"), at(4));
        timeline.returned(1, CallOutcome::Result, None, at(6));
        timeline.lost(2, "timed out", at(7));
        let state = || State {
            over: Some(Ending::of(&Ok(()))),
            rate: Some(2.5),
        };
        let json = parsed(&timeline, state(), 0);
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
        let json = parsed(&timeline, state(), 1);
        assert_eq!(json["ended"], json!([1, 6, 2000, 4000, 1, 0]));
        assert_eq!(parsed(&timeline, state(), 7)["ended"], json!([]));
    }
}
