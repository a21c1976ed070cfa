//! The state of a run as JSON, for the page's script.

use std::fmt::Write as _;

use reparte::Account;
use serde_json::{Value, json};

use super::Subject;
use super::over::Over;
use super::record::{Outcome, Record, Why, micros};

/// All that the page shows, with the ended calls from the one numbered `since` on. Times
/// are in microseconds from the start of the run, but for the account's own.
///
/// Calls are numbers in a row: of an ended one its lane, task, start, length, why it was
/// made and what became of it; of a running one its lane, task, start, why, and whether it
/// is lost.
pub(super) fn data(
    subject: &Subject,
    record: &Record,
    account: &Account,
    state: &State,
    since: u64,
) -> String {
    let (first, next) = record.range();
    let errors = record.errors().map(|error| {
        json!({
            "at": error.at,
            "task": error.task,
            "server": &*error.server,
            "text": error.text,
        })
    });
    let head = json!({
        "function": subject.function,
        "command": subject.command,
        "began": subject.began,
        "over": state.over.as_ref().map(|over| json!({ "well": over.is_well, "text": over.text })),
        "now": micros(account.elapsed),
        "expected": (subject.expected)().map(|(tasks, is_sure)| json!({ "tasks": tasks, "sure": is_sure })),
        "rate": state.rate,
        "missed": record.missed(),
        "errors": errors.collect::<Vec<Value>>(),
        "names": record.names().collect::<Vec<_>>(),
        "lanes": record.lanes(),
        "first": first,
        "next": next,
    });
    let mut text = head.to_string();
    text.pop();
    text.push_str(",\"account\":");
    text.push_str(&account.to_json());
    text.push_str(",\"ended\":[");
    for bar in record.ended_since(since) {
        row(
            &mut text,
            [
                u64::from(bar.lane),
                bar.task,
                bar.start,
                bar.end - bar.start,
                why(bar.why),
                outcome(bar.outcome),
            ],
        );
    }
    text.push_str("],\"running\":[");
    for call in record.running() {
        if let Some(lane) = call.lane {
            let lost = u64::from(call.lost);
            row(
                &mut text,
                [u64::from(lane), call.task, call.start, why(call.why), lost],
            );
        }
    }
    text.push_str("],\"past\":");
    match first {
        0 => text.push_str("null}"),
        _ => {
            let lanes = (0..record.lanes().len()).map(|lane| record.past().text(lane));
            let past = json!({
                "length": record.past().length(),
                "lanes": lanes.collect::<Vec<_>>(),
            });
            let _ = write!(text, "{past}}}");
        }
    }
    text
}

/// What is known besides the record and the account.
#[derive(Debug, Default)]
pub(super) struct State {
    /// How the run ended, if it has.
    pub(super) over: Option<Over>,
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

fn why(why: Why) -> u64 {
    match why {
        Why::First => 0,
        Why::Retry => 1,
        Why::Hedge => 2,
    }
}

fn outcome(outcome: Outcome) -> u64 {
    match outcome {
        Outcome::Result => 0,
        Outcome::Failed => 1,
        Outcome::Cancelled => 2,
        Outcome::Lost => 3,
        Outcome::Unknown => 4,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    fn subject() -> Subject {
        Subject {
            function: "f".to_owned(),
            command: "reparte run </script>".to_owned(),
            began: 1_700_000_000,
            expected: Box::new(|| Some((9, false))),
        }
    }

    fn parsed(record: &Record, state: State, since: u64) -> Value {
        let text = data(&subject(), record, &Account::default(), &state, since);
        serde_json::from_str(&text).expect(&text)
    }

    #[test]
    fn a_run_that_has_not_begun_is_empty_arrays() {
        let json = parsed(&Record::default(), State::default(), 0);
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
        let mut record = Record::default();
        let a = Arc::from("a");
        record.started(0, 5, &a, Why::First, at(1));
        record.started(1, 6, &a, Why::Retry, at(2));
        record.started(2, 6, &a, Why::Hedge, at(2));
        record.returned(0, Outcome::Failed, Some("no <such>"), at(4));
        record.returned(1, Outcome::Result, None, at(6));
        record.lost(2, "timed out", at(7));
        let state = || State {
            over: Some(Over::of(&Ok(()))),
            rate: Some(2.5),
        };
        let json = parsed(&record, state(), 0);
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
        let json = parsed(&record, state(), 1);
        assert_eq!(json["ended"], json!([1, 6, 2000, 4000, 1, 0]));
        assert_eq!(parsed(&record, state(), 7)["ended"], json!([]));
    }
}
