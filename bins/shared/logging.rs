//! What goes to standard error.

use std::io::Write as _;

use env_logger::fmt::Formatter;
use jiff::Zoned;
use log::Record;

/// Where the servers log one line per request.
const ACCESS: &str = "xmlrpc_server::access";

/// Sends the logs to standard error: `usual`, and on top of it what `RUST_LOG` selects.
pub(crate) fn start(usual: &str) {
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(usual);
    if let Ok(selected) = std::env::var("RUST_LOG") {
        builder.parse_filters(&selected);
    }
    // It fails only where a logger is set already, which then goes on.
    let _ = builder.format(line).try_init();
}

fn line(out: &mut Formatter, record: &Record<'_>) -> std::io::Result<()> {
    let message = record.args();
    if record.target() == ACCESS {
        return access(out, &message.to_string());
    }
    let style = out.default_level_style(record.level());
    let level = record.level().as_str().to_ascii_lowercase();
    writeln!(out, "{style}{level}{style:#}: {message}")
}

/// `127.0.0.1 "POST /RPC2 HTTP/1.1" 200 -` with the local time put behind the address,
/// as Python's BaseHTTPServer writes it.
fn access(out: &mut Formatter, message: &str) -> std::io::Result<()> {
    let (peer, request) = message.split_once(' ').unwrap_or(("-", message));
    let now = Zoned::now().strftime("%d/%b/%Y %H:%M:%S");
    writeln!(out, "{peer} - - [{now}] {request}")
}
