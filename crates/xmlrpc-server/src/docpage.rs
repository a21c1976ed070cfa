//! The HTML page that documents a service and shows its figures.

use std::fmt::Write as _;
use std::time::Duration;

use untrusted_text::Html;

use crate::metrics::Metrics;
use crate::registry::Documentation;

/// The page's style. It has the reader's dark or light scheme, loads nothing, and puts a
/// method's help under its name on a narrow screen.
const STYLE: &str = "\
:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;\
margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;\
border-bottom:1px solid #8886}code{overflow-wrap:anywhere}\
@media(max-width:40rem){th[scope=col]{display:none}td:not(th+td){display:block}\
td:not(:last-child){border:0;padding-bottom:0}}";

/// Returns the page as HTML: the figures, the published functions, and the server's own
/// methods.
pub(crate) fn render<'a>(
    metrics: &Metrics,
    published: impl Iterator<Item = (&'a str, Documentation<'a>)>,
    own: impl Iterator<Item = (&'static str, Documentation<'static>)>,
) -> String {
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>XML-RPC server</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>XML-RPC server</h1>\n\
         <p>Calls are made with POST on <code>/</code> or <code>/RPC2</code>.</p>\n\
         <h2>Now</h2>\n<table>\n"
    );
    let busy = format!("{} of {}", metrics.busy, metrics.slots);
    for (name, value) in [
        ("up for", days_and_clock(metrics.uptime)),
        ("workers that compute", busy),
        ("calls that wait", metrics.waiting.to_string()),
        ("calls ended", metrics.calls.to_string()),
        ("of them with a fault", metrics.faults.to_string()),
        ("requests refused", metrics.refused.to_string()),
    ] {
        // Writing to a string does not fail.
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>"
        );
    }
    html.push_str("</table>\n<h2>Functions</h2>\n");
    table(&mut html, published);
    html.push_str("<h2>Of the server itself</h2>\n");
    table(&mut html, own);
    html.push_str("</body>\n</html>\n");
    html
}

fn table<'a>(html: &mut String, methods: impl Iterator<Item = (&'a str, Documentation<'a>)>) {
    html.push_str(
        "<table>\n<tr><th scope=\"col\">method</th><th scope=\"col\">signature</th>\
         <th scope=\"col\">what it is</th></tr>\n",
    );
    for (name, Documentation { help, signature }) in methods {
        let signature = match signature.and_then(<[_]>::split_first) {
            Some((result, arguments)) => format!("({}) → {result}", arguments.join(", ")),
            None => "open".to_owned(),
        };
        // Writing to a string does not fail.
        let _ = writeln!(
            html,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
            Html(name),
            Html(&signature),
            Html(help)
        );
    }
    html.push_str("</table>\n");
}

fn days_and_clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    format!("{days} d {hours:02}:{minutes:02}:{seconds:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_escaped() {
        let help = "<script>alert('&')</script>";
        let signature: Option<&[&str]> = Some(&["int", "int"]);
        let documentation = Documentation { help, signature };
        let mut html = String::new();
        table(&mut html, [("cuad", documentation)].into_iter());
        assert!(html.contains("<code>cuad</code>"), "{html}");
        assert!(html.contains("(int) → int"), "{html}");
        assert!(
            html.contains("&lt;script&gt;alert(&#39;&amp;&#39;)"),
            "{html}"
        );
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn a_time_is_days_and_a_clock() {
        let time = Duration::from_secs(86_400 + 2 * 3600 + 3 * 60 + 4);
        assert_eq!(days_and_clock(time), "1 d 02:03:04");
    }
}
