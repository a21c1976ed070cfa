//! The reports of servers as a table.

use std::ops::Range;
use std::time::Duration;

use untrusted_text::OneLine;

use crate::clock::LongTime;
use crate::status::server_report::{RunningServer, ServerReport, Workload};

const HEADINGS: [&str; 8] = [
    "SERVER",
    "STATE",
    "VERSION",
    "SLOTS",
    "BUSY",
    "WAIT",
    "TRIP",
    "FUNCTIONS",
];

/// The columns of figures. They are aligned to the right.
const FIGURES: Range<usize> = 3..7;

/// The most calls of one server below the table.
const MAX_CALLS: usize = 8;

/// The most characters of a text from a server.
pub(super) const MAX_CHARS: usize = 60;

/// Returns a line for each server, and below them lines for their calls and their errors.
pub(super) fn table(reports: &[ServerReport]) -> String {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(reports.iter().map(row));
    let mut text = aligned(&rows, FIGURES);
    for server in reports {
        match &server.answer {
            Ok(RunningServer {
                work: Some(work), ..
            }) => {
                if let Some(seconds) = work.seconds_left {
                    let left = LongTime(Duration::from_secs(seconds));
                    text.push_str(&format!("{}: ends in {left}\n", server.server));
                }
                text.push_str(&calls(&server.server, work));
            }
            Ok(_) => {}
            Err(error) if server.state() == "unknown" => text.push_str(&format!(
                "{error}; it answers no question about itself, and may take calls all the same\n"
            )),
            // The error names the server.
            Err(error) if server.may_be_at_work() => text.push_str(&format!(
                "{error}: it is at work on a call, if it answers one at a time and has no \
                 reparte.status; else it hangs\n"
            )),
            Err(error) => text.push_str(&format!("{error}\n")),
        }
    }
    text
}

fn row(report: &ServerReport) -> [String; HEADINGS.len()] {
    let none = || "-".to_owned();
    let mut row = [(); HEADINGS.len()].map(|()| none());
    row[0].clone_from(&report.server);
    row[1] = report.state().to_owned();
    let Ok(up) = &report.answer else { return row };
    if let Some(work) = &up.work {
        row[2] = OneLine::visible(&work.version)
            .max_chars(MAX_CHARS)
            .to_string();
        row[3] = work.slots.to_string();
        row[4] = work.busy.to_string();
        row[5] = work.waiting().to_string();
    }
    row[6] = format!("{:.1} ms", up.round_trip_ms());
    row[7] = match &up.functions {
        None => "(it does not tell)".to_owned(),
        Some(names) if names.is_empty() => none(),
        Some(names) => OneLine::visible(&names.join(", "))
            .max_chars(MAX_CHARS)
            .to_string(),
    };
    row
}

/// Returns rows as lines, with their cells below each other. Those of the columns `figures` stand
/// at the right.
pub(super) fn aligned<const N: usize>(rows: &[[String; N]], figures: Range<usize>) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).enumerate();
        let cells: Vec<String> = cells
            .map(|(column, (cell, width))| match figures.contains(&column) {
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
    for call in work.calls.iter().take(MAX_CALLS) {
        text.push_str(&format!(
            "{server}: {} for {:.1} s, call {}\n",
            OneLine::visible(&call.method).max_chars(MAX_CHARS),
            call.age.as_secs_f64(),
            OneLine::visible(&call.id).max_chars(MAX_CHARS)
        ));
    }
    let more = work.calls.len().saturating_sub(MAX_CALLS);
    if more > 0 {
        text.push_str(&format!("{server}: {more} more, all of them younger\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::server_report::Call;

    #[test]
    fn figures_stand_at_the_right() {
        let row = |cells: &str| {
            let mut cells = cells.split(' ').map(str::to_owned);
            [(); HEADINGS.len()].map(|()| cells.next().unwrap_or_default())
        };
        let rows = [
            row("SERVER STATE V S B W T F"),
            row("a up 0.1 10 2 0 5 añ,b"),
        ];
        assert_eq!(
            aligned(&rows, FIGURES),
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
            seconds_left: None,
            calls: (0..MAX_CALLS + 3).map(call).collect(),
        };
        let text = calls("a:1", &work);
        assert_eq!(text.lines().count(), MAX_CALLS + 1);
        assert!(text.starts_with("a:1: f for 0.1 s, call ~0\n"), "{text}");
        assert!(
            text.ends_with("a:1: 3 more, all of them younger\n"),
            "{text}"
        );
        assert_eq!(work.waiting(), 9);
    }
}
