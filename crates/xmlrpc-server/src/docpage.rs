//! What a service tells people, and their monitoring.

use std::fmt::Write as _;
use std::time::Duration;

use untrusted_text::Html;

use crate::builtin::{self, Told};
use crate::control::Figures;
use crate::service::Service;

/// No script, no request to anywhere; dark where the reader's system is; on a narrow screen
/// what is told of a method stands under its name.
const STYLE: &str = "\
:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;\
margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;\
border-bottom:1px solid #8886}code{overflow-wrap:anywhere}\
@media(max-width:40rem){th[scope=col]{display:none}td:not(th+td){display:block}\
td:not(:last-child){border:0;padding-bottom:0}}";

/// The HTML page that documents the published functions, with what the server does just
/// now.
pub(crate) fn page(service: &Service) -> String {
    let Figures {
        uptime,
        calls,
        faults,
        refused,
        busy,
        slots,
        waiting,
    } = service.control().figures();
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>XML-RPC server</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>XML-RPC server</h1>\n\
         <p>Calls are made with POST on <code>/</code> or <code>/RPC2</code>.</p>\n\
         <h2>Now</h2>\n<table>\n"
    );
    let busy = format!("{busy} of {slots}");
    for (name, value) in [
        ("up for", span(uptime)),
        ("workers that compute", busy),
        ("calls that wait", waiting.to_string()),
        ("calls ended", calls.to_string()),
        ("of them with a fault", faults.to_string()),
        ("requests refused", refused.to_string()),
    ] {
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>"
        );
    }
    html.push_str("</table>\n<h2>Functions</h2>\n");
    let names: Vec<&str> = service.names().collect();
    let published = names
        .iter()
        .filter_map(|name| Some((*name, service.told(name)?)));
    table(&mut html, published);
    html.push_str("<h2>Of the server itself</h2>\n");
    table(&mut html, builtin::methods());
    html.push_str("</body>\n</html>\n");
    html
}

fn table<'a>(html: &mut String, methods: impl Iterator<Item = (&'a str, Told<'a>)>) {
    html.push_str(
        "<table>\n<tr><th scope=\"col\">method</th><th scope=\"col\">signature</th>\
         <th scope=\"col\">what it is</th></tr>\n",
    );
    for (name, (help, signature)) in methods {
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

/// The figures in Prometheus' text format, version 0.0.4.
pub(crate) fn metrics(service: &Service) -> String {
    let figures = service.control().figures();
    let mut text = String::new();
    for (name, kind, help, value) in [
        (
            "xmlrpc_calls_total",
            "counter",
            "Calls of functions that have ended.",
            figures.calls as f64,
        ),
        (
            "xmlrpc_faults_total",
            "counter",
            "Calls of functions that ended with a fault.",
            figures.faults as f64,
        ),
        (
            "xmlrpc_refused_total",
            "counter",
            "Requests that were refused before any function was called, or given up.",
            figures.refused as f64,
        ),
        (
            "xmlrpc_workers",
            "gauge",
            "Calls that can run at a time.",
            figures.slots as f64,
        ),
        (
            "xmlrpc_workers_busy",
            "gauge",
            "Calls that run.",
            figures.busy as f64,
        ),
        (
            "xmlrpc_calls_waiting",
            "gauge",
            "Calls that wait for a worker.",
            figures.waiting as f64,
        ),
        (
            "xmlrpc_uptime_seconds",
            "gauge",
            "Time since the start.",
            figures.uptime.as_secs_f64(),
        ),
    ] {
        let _ = write!(
            text,
            "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"
        );
    }
    text
}

fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    format!("{days} d {hours:02}:{minutes:02}:{seconds:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_tells_of_every_function_and_is_not_broken_by_its_help() {
        let mut service = Service::new();
        service.register("cuad", |n: i32| n * n).unwrap();
        service.help("cuad", "<script>alert('&')</script>").unwrap();
        let page = page(&service);
        assert!(page.contains("<code>cuad</code>"), "{page}");
        assert!(page.contains("(int) → int"), "{page}");
        assert!(
            page.contains("&lt;script&gt;alert(&#39;&amp;&#39;)"),
            "{page}"
        );
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("<code>system.multicall</code>"), "{page}");
    }

    #[test]
    fn the_figures_count_calls_and_faults() {
        let mut service = Service::new();
        service.register("cuad", |n: i32| n * n).unwrap();
        for params in [vec![], vec![7, 8], vec![7]] {
            let params = params.into_iter().map(xmlrpc_wire::Value::Int).collect();
            service.run(xmlrpc_wire::MethodCall::new("cuad", params));
        }
        let text = metrics(&service);
        for line in [
            "xmlrpc_calls_total 3",
            "xmlrpc_faults_total 2",
            "xmlrpc_workers_busy 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }

    #[test]
    fn a_span_is_days_and_a_clock() {
        let time = Duration::from_secs(86_400 + 2 * 3600 + 3 * 60 + 4);
        assert_eq!(span(time), "1 d 02:03:04");
    }
}
