//! The log on standard error.

use std::io::{self, IsTerminal as _, Write as _};

use env_logger::fmt::{Formatter, WriteStyle};
use env_logger::{Builder, Target};
use jiff::Zoned;
use log::Record;

use crate::diagnostics::Diagnostics;

/// The log target of the servers' access lines: one line per request.
const ACCESS: &str = "xmlrpc_server::access";

/// The form of an access line, with the local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessLine {
    /// The form of Python's BaseHTTPServer:
    /// `127.0.0.1 - - [28/Nov/2005 21:16:00] "POST /RPC2 HTTP/1.1" 200 -`.
    BaseHttpServer,
    /// The time in front: `2005-11-28 21:16:00 127.0.0.1 "POST /RPC2 HTTP/1.1" 200 -`.
    TimeFirst,
}

/// Starts the log: what `filters` selects, and on top of it what the variable `RUST_LOG`
/// selects. Writes to standard error through [`diagnostics`](crate::diagnostics), in colour if
/// `colours` and it is a terminal.
pub fn start(filters: &str, access: AccessLine, colours: bool) {
    let mut builder = Builder::new();
    builder.parse_filters(filters);
    if let Ok(selected) = std::env::var("RUST_LOG") {
        builder.parse_filters(&selected);
    }
    let has_colours = colours
        && io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    builder.write_style(match has_colours {
        true => WriteStyle::Always,
        false => WriteStyle::Never,
    });
    builder.target(Target::Pipe(Box::new(Diagnostics::new())));
    builder.format(move |out, record| line(out, record, access));
    // It fails only if a logger is set already. That one goes on.
    let _ = builder.try_init();
}

fn line(out: &mut Formatter, record: &Record<'_>, access: AccessLine) -> io::Result<()> {
    let message = record.args();
    if record.target() == ACCESS {
        let line = access.line(&message.to_string(), &Zoned::now());
        return writeln!(out, "{line}");
    }
    let style = out.default_level_style(record.level());
    let level = record.level().as_str().to_ascii_lowercase();
    writeln!(out, "{style}{level}{style:#}: {message}")
}

impl AccessLine {
    /// Puts the time into a message of the form `ADDRESS "REQUEST" STATUS -`.
    fn line(self, message: &str, now: &Zoned) -> String {
        match self {
            AccessLine::BaseHttpServer => {
                let (peer, request) = message.split_once(' ').unwrap_or(("-", message));
                let now = now.strftime("%d/%b/%Y %H:%M:%S");
                format!("{peer} - - [{now}] {request}")
            }
            AccessLine::TimeFirst => {
                let now = now.strftime("%Y-%m-%d %H:%M:%S");
                format!("{now} {message}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    #[test]
    fn access_lines_have_the_time() {
        let now = date(2005, 11, 8).at(21, 6, 0, 0);
        let now = now.to_zoned(TimeZone::UTC).expect("it is in range");
        let message = "127.0.0.1 \"POST /RPC2 HTTP/1.1\" 200 -";
        for (form, expected) in [
            (
                AccessLine::BaseHttpServer,
                "127.0.0.1 - - [08/Nov/2005 21:06:00] \"POST /RPC2 HTTP/1.1\" 200 -",
            ),
            (
                AccessLine::TimeFirst,
                "2005-11-08 21:06:00 127.0.0.1 \"POST /RPC2 HTTP/1.1\" 200 -",
            ),
        ] {
            assert_eq!(form.line(message, &now), expected);
        }
    }
}
