//! The files that a browser gets, embedded in the program.

/// The page, with placeholders.
pub(super) const PAGE: &str = include_str!("page.html");
/// The style of the page, by the name `page.css`.
pub(super) const STYLE: &str = include_str!("page.css");
/// The scripts by their names, in the order in which the page has them: each may use those
/// before it while it loads.
pub(super) const SCRIPTS: [(&str, &str); 10] = [
    ("format.js", include_str!("format.js")),
    ("timeline.js", include_str!("timeline.js")),
    ("call_painter.js", include_str!("call_painter.js")),
    ("time_axis.js", include_str!("time_axis.js")),
    ("lanes.js", include_str!("lanes.js")),
    ("selection.js", include_str!("selection.js")),
    ("chart_input.js", include_str!("chart_input.js")),
    ("chart.js", include_str!("chart.js")),
    ("failures.js", include_str!("failures.js")),
    ("page.js", include_str!("page.js")),
];
