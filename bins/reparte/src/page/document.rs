//! The page as a document: alive, with its script and style beside it, or frozen, with
//! all in one.

use std::fmt::{self, Write as _};

use reparte::RunSummary;

use super::RunInfo;
use super::ending::Ending;
use super::timeline::Timeline;

const PAGE: &str = include_str!("page.html");
pub(super) const STYLE: &str = include_str!("page.css");
/// The scripts, by the names under which the page asks for them, in order.
pub(super) const SCRIPTS: [(&str, &str); 9] = [
    ("format.js", include_str!("format.js")),
    ("timeline.js", include_str!("timeline.js")),
    ("call_painter.js", include_str!("call_painter.js")),
    ("time_axis.js", include_str!("time_axis.js")),
    ("lanes.js", include_str!("lanes.js")),
    ("selection.js", include_str!("selection.js")),
    ("chart_input.js", include_str!("chart_input.js")),
    ("chart.js", include_str!("chart.js")),
    ("page.js", include_str!("page.js")),
];

/// Where the page has its style, its data and what stands there without a script.
const STYLE_HERE: &str = "<link rel=\"stylesheet\" href=\"page.css\">";
const DATA_HERE: &str = "<!-- data -->";
const SUMMARY_HERE: &str = "<!-- summary -->";
const TITLE_HERE: &str = "<!-- title -->";

/// The page that asks for its data.
pub(super) fn live(
    run_info: &RunInfo,
    timeline: &Timeline,
    account: &RunSummary,
    over: Option<&Ending>,
) -> String {
    PAGE.replacen(TITLE_HERE, &Html(&run_info.function).to_string(), 1)
        .replacen(SUMMARY_HERE, &summary(run_info, timeline, account, over), 1)
}

/// That page with its data in it, so that it needs nothing else.
pub(super) fn frozen(live: &str, data: &str) -> String {
    // A browser looks for the end of a script before it reads it as JSON.
    let data = data.replace('<', "\\u003c");
    let style = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n\
         <style>\n{STYLE}</style>"
    );
    let data = format!("<script type=\"application/json\" id=\"data\">{data}</script>");
    // What is put in first has been escaped, and holds none of the other places.
    let mut page = live.to_owned();
    for (name, script) in SCRIPTS {
        let script = format!("<script>\n{script}</script>");
        page = page.replacen(&script_here(name), &script, 1);
    }
    page.replacen(STYLE_HERE, &style, 1)
        .replacen(DATA_HERE, &data, 1)
}

fn script_here(name: &str) -> String {
    format!("<script src=\"{name}\" defer></script>")
}

/// What there is to be read without a script.
fn summary(
    run_info: &RunInfo,
    timeline: &Timeline,
    account: &RunSummary,
    over: Option<&Ending>,
) -> String {
    let mut html = format!(
        "<p><code>{}</code></p>\n<p>{}</p>\n<p>{} of {} tasks done, {} failed, {} pending, {} \
         not run; {} executions, {} retries, {} hedges, in {:.1} s.</p>\n<table>\n<tr>",
        Html(&run_info.command),
        Html(over.map_or("Running", |over| &over.text)),
        account.done,
        account.tasks,
        account.failed,
        account.pending,
        account.not_run,
        account.executions,
        account.retries,
        account.hedges,
        account.elapsed.as_secs_f64(),
    );
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
    for server in &account.servers {
        let error = server.last_error.as_ref().map(ToString::to_string);
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{}</td><td>{:.0} %</td><td>{}</td></tr>",
            Html(&server.name),
            server.state,
            server.slots,
            server.tasks,
            server.executions,
            server.failures.values().sum::<u64>(),
            server.busy_share() * 100.0,
            Html(&error.unwrap_or_default()),
        );
    }
    html.push_str("</table>\n");
    let mut errors = timeline.errors().peekable();
    if errors.peek().is_some() {
        html.push_str("<h2>Last errors</h2>\n<ul>\n");
        for error in errors {
            let (task, server) = (error.task + 1, Html(&error.server));
            let _ = writeln!(
                html,
                "<li>task {task} on {server}: {}</li>",
                Html(&error.text)
            );
        }
        html.push_str("</ul>\n");
    }
    html
}

/// Text within HTML.
struct Html<'a>(&'a str);

impl fmt::Display for Html<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::super::timeline::{CallOutcome, CallReason};
    use super::*;
    use crate::exit::Failure;

    const HOSTILE: &str = "</script><script>alert('&')</script><!-- summary -->";

    fn run_info() -> RunInfo {
        RunInfo {
            function: HOSTILE.to_owned(),
            command: HOSTILE.to_owned(),
            began: 0,
            expected: Box::new(|| None),
        }
    }

    #[test]
    fn foreign_text_is_text() {
        let mut timeline = Timeline::default();
        timeline.started(0, 0, &Arc::from(HOSTILE), CallReason::First, Duration::ZERO);
        timeline.returned(0, CallOutcome::Failed, Some(HOSTILE), Duration::ZERO);
        let account = RunSummary::default();
        let data = format!("{{\"text\":\"{HOSTILE}\"}}");
        let over = Ending::of(&Err(Failure::server(HOSTILE)));
        let live = live(&run_info(), &timeline, &account, Some(&over));
        let frozen = frozen(&live, &data);
        for page in [live, frozen] {
            assert!(!page.contains("<script>alert"), "{page}");
            assert!(
                page.contains("&lt;script&gt;alert(&#39;&amp;&#39;)"),
                "{page}"
            );
        }
    }

    #[test]
    fn the_page_has_a_place_for_each_part() {
        let scripts = SCRIPTS.map(|(name, _)| script_here(name));
        let places = [STYLE_HERE, DATA_HERE, SUMMARY_HERE, TITLE_HERE];
        for place in places.into_iter().chain(scripts.iter().map(String::as_str)) {
            assert_eq!(PAGE.matches(place).count(), 1, "{place}");
        }
        for (_, part) in SCRIPTS.into_iter().chain([("", STYLE)]) {
            assert!(
                !part.contains("</") && !part.contains("http"),
                "it can't be put in, or loads from elsewhere"
            );
        }
    }
}
