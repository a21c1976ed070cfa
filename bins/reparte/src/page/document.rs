//! The page as an HTML document: live, with its scripts and style beside it, or frozen, with all
//! in one.

use untrusted_text::Html;

use crate::page::assets::{PAGE, SCRIPTS, STYLE};
use crate::page::plain_summary::plain_summary;
use crate::page::snapshot::Snapshot;

/// The place of the style.
const STYLE_LINK: &str = "<link rel=\"stylesheet\" href=\"page.css\">";
/// The place of the data. The live page has none.
const DATA: &str = "<!-- data -->";
/// The place of the summary for browsers without scripts.
const SUMMARY: &str = "<!-- summary -->";
/// The place of the title.
const TITLE: &str = "<!-- title -->";

/// Returns the page that asks for its data.
pub(super) fn live(snapshot: &Snapshot<'_>) -> String {
    PAGE.replacen(TITLE, &Html(&snapshot.info.function).to_string(), 1)
        .replacen(SUMMARY, &plain_summary(snapshot), 1)
}

/// Returns a live page with its data, scripts and style in it, so that it needs nothing else.
pub(super) fn frozen(live: &str, data: &str) -> String {
    // A browser looks for the end of the element before it reads the text as JSON.
    let data = data.replace('<', "\\u003c");
    let style = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n\
         <style>\n{STYLE}</style>"
    );
    let data = format!("<script type=\"application/json\" id=\"data\">{data}</script>");
    // The title and the summary are escaped, so they hold none of the other places.
    let mut page = live.to_owned();
    for (name, script) in SCRIPTS {
        let script = format!("<script>\n{script}</script>");
        page = page.replacen(&script_tag(name), &script, 1);
    }
    page.replacen(STYLE_LINK, &style, 1)
        .replacen(DATA, &data, 1)
}

fn script_tag(name: &str) -> String {
    format!("<script src=\"{name}\" defer></script>")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use reparte::{CallReason, RunSummary};

    use super::*;
    use crate::exit::Failure;
    use crate::page::ending::Ending;
    use crate::page::run_info::RunInfo;
    use crate::page::task_failures::{TaskFailure, TaskFailures};
    use crate::page::timeline::{CallOutcome, Timeline};

    const HOSTILE: &str = "</script><script>alert('&')</script><!-- summary -->";

    fn run_info() -> RunInfo {
        RunInfo {
            function: HOSTILE.to_owned(),
            command: HOSTILE.to_owned(),
            id: 0,
            header: None,
            began: 0,
            estimate: Box::new(|| None),
            details: None,
        }
    }

    #[test]
    fn foreign_text_is_text() {
        let mut timeline = Timeline::default();
        let server = Arc::from(HOSTILE);
        timeline.start_call(0, 0, &server, CallReason::First, Duration::ZERO);
        timeline.end_call(0, CallOutcome::Failed, Some(HOSTILE), Duration::ZERO);
        let mut failures = TaskFailures::default();
        failures.add(TaskFailure {
            line: 1,
            input: HOSTILE.to_owned(),
            is_whole: true,
            cells: None,
            kind: "fault",
            message: HOSTILE.to_owned(),
            server: Some(HOSTILE.to_owned()),
            seconds: None,
            attempts: 1,
        });
        let data = format!("{{\"text\":\"{HOSTILE}\"}}");
        let ending = Ending::of(&Err(Failure::server(HOSTILE)));
        let live = live(&Snapshot {
            info: &run_info(),
            timeline: &timeline,
            failures: &failures,
            summary: &RunSummary::default(),
            rate: None,
            ending: Some(&ending),
        });
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
        let scripts = SCRIPTS.map(|(name, _)| script_tag(name));
        let places = [STYLE_LINK, DATA, SUMMARY, TITLE];
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
