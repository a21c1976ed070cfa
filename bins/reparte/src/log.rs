//! The log, on standard error.

use std::io::Write as _;

use env_logger::Target;
use jiff::Zoned;

use crate::console::Console;

/// Where servers log a line per request.
const ACCESS: &str = "xmlrpc_server::access";

/// Shows warnings, a server's access lines if that is asked for, and what `RUST_LOG` adds.
pub(crate) fn start(console: &Console, with_requests: bool) {
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(match with_requests {
        true => "warn,xmlrpc_server::access=info",
        false => "warn",
    });
    builder.target(Target::Pipe(Box::new(console.clone())));
    builder.parse_default_env();
    builder.format(|out, record| match record.target() {
        ACCESS => {
            let now = Zoned::now().strftime("%Y-%m-%d %H:%M:%S");
            writeln!(out, "{now} {}", record.args())
        }
        _ => {
            let level = record.level().as_str().to_ascii_lowercase();
            writeln!(out, "{level}: {}", record.args())
        }
    });
    builder.init();
}
