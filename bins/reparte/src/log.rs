//! The log, on standard error.

use std::io::Write as _;

use jiff::Zoned;

/// Where servers log a line per request.
const ACCESS: &str = "xmlrpc_server::access";

/// Shows warnings and the servers' access lines, and what `RUST_LOG` adds.
pub(crate) fn start() {
    let mut builder = env_logger::Builder::new();
    builder.parse_filters("warn,xmlrpc_server::access=info");
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
