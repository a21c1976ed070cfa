//! Servers' answers as a table, and as JSON.

use std::time::Duration;

use serde_json::{Value as Json, json};
use untrusted_text::OneLine;

use super::probe::{Call, RunningServer, ServerReport, Workload};

const HEAD: [&str; 8] = [
    "SERVER",
    "STATE",
    "VERSION",
    "SLOTS",
    "BUSY",
    "WAIT",
    "TRIP",
    "FUNCTIONS",
];

/// Columns of figures, which stand at the right.
const FIGURES: std::ops::Range<usize> = 3..7;

/// Calls of one server that the table shows.
const CALLS: usize = 8;

/// The most characters of a server's own words that the table shows.
const WORDS: usize = 60;

/// A line for each server, and under them what they work on, and what is wrong.
pub(super) fn table(reports: &[ServerReport]) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(reports.iter().map(row));
    let mut text = aligned(&rows);
    for server in reports {
        match &server.answer {
            Ok(RunningServer {
                work: Some(work), ..
            }) => text.push_str(&calls(&server.server, work)),
            Ok(_) => {}
            // It names the server.
            Err(error) => text.push_str(&format!("{error}\n")),
        }
    }
    text
}

fn row(report: &ServerReport) -> [String; HEAD.len()] {
    let none = || "-".to_owned();
    let mut row = [(); HEAD.len()].map(|()| none());
    row[0].clone_from(&report.server);
    row[1] = report.state().to_owned();
    let Ok(up) = &report.answer else { return row };
    if let Some(work) = &up.work {
        row[2] = OneLine::visible(&work.version).max_chars(WORDS).to_string();
        row[3] = work.slots.to_string();
        row[4] = work.busy.to_string();
        row[5] = work.waiting().to_string();
    }
    row[6] = format!("{:.1} ms", millis(up.round_trip));
    row[7] = match &up.functions {
        None => "(it does not tell)".to_owned(),
        Some(names) if names.is_empty() => none(),
        Some(names) => OneLine::visible(&names.join(", "))
            .max_chars(WORDS)
            .to_string(),
    };
    row
}

fn aligned(rows: &[[String; HEAD.len()]]) -> String {
    let mut widths = [0; HEAD.len()];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).enumerate();
        let cells: Vec<String> = cells
            .map(|(column, (cell, width))| match FIGURES.contains(&column) {
                true => format!("{cell:>width$}"),
                false => format!("{cell:<width$}"),
            })
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn calls(server: &str, work: &Workload) -> String {
    let mut text = String::new();
    for call in work.calls.iter().take(CALLS) {
        text.push_str(&format!(
            "{server}: {} for {:.1} s, call {}\n",
            OneLine::visible(&call.method).max_chars(WORDS),
            call.age.as_secs_f64(),
            OneLine::visible(&call.id).max_chars(WORDS)
        ));
    }
    let more = work.calls.len().saturating_sub(CALLS);
    if more > 0 {
        text.push_str(&format!("{server}: {more} more, all of them younger\n"));
    }
    text
}

impl Workload {
    /// Calls that have no slot yet.
    fn waiting(&self) -> u64 {
        let all = u64::try_from(self.calls.len()).unwrap_or(u64::MAX);
        all.saturating_sub(self.busy)
    }
}

/// An array with an object for each server; what a server does not tell is null.
pub(super) fn json(reports: &[ServerReport]) -> Json {
    reports.iter().map(one_as_json).collect()
}

fn one_as_json(report: &ServerReport) -> Json {
    let up = report.answer.as_ref().ok();
    let work = up.and_then(|up| up.work.as_ref());
    json!({
        "server": report.server,
        "state": report.state(),
        "error": report.answer.as_ref().err().map(ToString::to_string),
        "round_trip_ms": up.map(|up| millis(up.round_trip)),
        "functions": up.and_then(|up| up.functions.as_ref()),
        "instance": work.map(|work| &work.instance),
        "version": work.map(|work| &work.version),
        "slots": work.map(|work| work.slots),
        "busy": work.map(|work| work.busy),
        "waiting": work.map(Workload::waiting),
        "calls": work.map(|work| work.calls.iter().map(Call::json).collect::<Json>()),
    })
}

impl Call {
    fn json(&self) -> Json {
        let age = u64::try_from(self.age.as_millis()).unwrap_or(u64::MAX);
        json!({ "id": self.id, "method": self.method, "age_ms": age })
    }
}

/// To a hundredth: what is below differs from one question to the next.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_at_the_right() {
        let row = |cells: &str| {
            let mut cells = cells.split(' ').map(str::to_owned);
            [(); HEAD.len()].map(|()| cells.next().unwrap_or_default())
        };
        let rows = [
            row("SERVER STATE V S B W T F"),
            row("a up 0.1 10 2 0 5 añ,b"),
        ];
        assert_eq!(
            aligned(&rows),
            "SERVER  STATE  V     S  B  W  T  F\n\
             a       up     0.1  10  2  0  5  añ,b\n"
        );
    }

    #[test]
    fn a_busy_server_shows_its_oldest_calls() {
        let call = |number: usize| Call {
            id: format!("~{number}"),
            method: "f".to_owned(),
            age: Duration::from_millis(100),
        };
        let work = Workload {
            instance: String::new(),
            version: String::new(),
            slots: 2,
            busy: 2,
            calls: (0..CALLS + 3).map(call).collect(),
        };
        let text = calls("a:1", &work);
        assert_eq!(text.lines().count(), CALLS + 1);
        assert!(text.starts_with("a:1: f for 0.1 s, call ~0\n"), "{text}");
        assert!(
            text.ends_with("a:1: 3 more, all of them younger\n"),
            "{text}"
        );
        assert_eq!(work.waiting(), 9);
    }
}
