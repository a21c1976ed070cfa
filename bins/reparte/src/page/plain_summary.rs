//! The state of a run as HTML without scripts: the page has it for browsers that run none.

use std::fmt::Write as _;

use reparte::RunSummary;
use untrusted_text::Html;

use crate::page::details::Details;
use crate::page::snapshot::Snapshot;
use crate::page::state_text::meaning;
use crate::page::task_failures::TaskFailures;
use crate::page::timeline::Timeline;

/// The most failed tasks that are listed.
const LISTED_FAILURES: usize = 50;

// Writing to a string does not fail, so the results of `write!` are ignored here.

/// Returns the command line, the figures, a table of the servers and the newest errors.
pub(super) fn plain_summary(snapshot: &Snapshot<'_>) -> String {
    let summary = snapshot.summary;
    let mut html = format!(
        "<p><code>{}</code></p>\n<p>{}</p>\n<p>{} of {} tasks done, {} failed, {} pending, {} \
         not run; {} executions, {} retries, {} hedges, in {:.1} s.</p>\n",
        Html(&snapshot.info.command),
        Html(&state(snapshot)),
        summary.done,
        summary.tasks,
        summary.failed,
        summary.pending,
        summary.not_run,
        summary.executions,
        summary.retries,
        summary.hedges,
        summary.elapsed.as_secs_f64(),
    );
    if let Some(details) = &snapshot.info.details {
        push_details(&mut html, &details());
    }
    push_servers(&mut html, summary);
    push_failures(&mut html, snapshot.failures);
    push_errors(&mut html, snapshot.timeline);
    html
}

/// Returns the end of the run, or that it runs, or that it waits.
fn state(snapshot: &Snapshot<'_>) -> String {
    let summary = snapshot.summary;
    let waiting = summary.waiting.as_ref();
    match (snapshot.ending, summary.wait_reason(), waiting) {
        (Some(ending), ..) => ending.text.clone(),
        (None, Some(why), Some(waiting)) => {
            let so_far = summary.elapsed.saturating_sub(waiting.since).as_secs();
            let ends = waiting.limit_text(summary.elapsed);
            let ends = ends.map_or_else(String::new, |ends| format!("; {ends}"));
            let waits = capitalised(waiting.cause.text());
            format!("{waits}, {so_far} s so far: {why}{ends}")
        }
        (None, ..) => "Running".to_owned(),
    }
}

/// Returns a sentence with its first letter as a capital.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase());
    first.into_iter().flatten().chain(letters).collect()
}

fn push_details(html: &mut String, details: &Details) {
    let _ = write!(html, "<p>{}</p>\n<table>\n<tr>", Html(&details.state));
    for name in details.table.columns {
        let _ = write!(html, "<th scope=\"col\">{}</th>", Html(name));
    }
    html.push_str("</tr>\n");
    for row in &details.table.rows {
        html.push_str("<tr>");
        for cell in row {
            let _ = write!(html, "<td>{}</td>", Html(cell));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</table>\n");
}

fn push_servers(html: &mut String, summary: &RunSummary) {
    html.push_str("<table>\n<tr>");
    for name in [
        "Server",
        "State",
        "Slots",
        "Tasks",
        "Executions",
        "Failures",
        "Busy",
        "Last error",
    ] {
        let _ = write!(html, "<th scope=\"col\">{name}</th>");
    }
    html.push_str("</tr>\n");
    for server in &summary.servers {
        let error = server.last_error.as_ref().map(ToString::to_string);
        let meaning = meaning(server.state).map(ToOwned::to_owned);
        let told: Vec<String> = meaning.into_iter().chain(error).collect();
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{}</td><td>{:.0} %</td><td>{}</td></tr>",
            Html(&server.name),
            server.state,
            match server.host {
                Some(_) => "-".to_owned(),
                None => server.slots.to_string(),
            },
            server.tasks,
            server.executions,
            server.failures.values().sum::<u64>(),
            server.busy_share() * 100.0,
            Html(&told.join("; ")),
        );
    }
    html.push_str("</table>\n");
}

/// The newest failed tasks.
fn push_failures(html: &mut String, failures: &TaskFailures) {
    let (first, next) = failures.range();
    if first == next {
        return;
    }
    html.push_str("<h2>Failed tasks</h2>\n<ul>\n");
    for failure in failures.since(0).rev().take(LISTED_FAILURES) {
        let _ = writeln!(
            html,
            "<li>task {}: <pre>{}</pre><pre>{}</pre></li>",
            failure.line,
            Html(&failure.input),
            Html(&failure.message)
        );
    }
    html.push_str("</ul>\n");
    let shown = u64::try_from(LISTED_FAILURES).unwrap_or(u64::MAX);
    if next > shown {
        let _ = writeln!(html, "<p>{} failed before these.</p>", next - shown);
    }
}

fn push_errors(html: &mut String, timeline: &Timeline) {
    let mut errors = timeline.errors().peekable();
    if errors.peek().is_some() {
        html.push_str("<h2>Last errors</h2>\n<ul>\n");
        for error in errors {
            let (task, server) = (error.task + 1, Html(&error.server));
            let _ = writeln!(
                html,
                "<li>task {task} on {server}: <pre>{}</pre></li>",
                Html(&error.text)
            );
        }
        html.push_str("</ul>\n");
    }
}
