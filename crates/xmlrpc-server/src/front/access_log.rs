//! The access log: a line per request, in the form of Python's SimpleXMLRPCServer.

use crate::escape::escaped;
use crate::front::peer::Peer;

/// Logs a request that has been answered with `status`.
///
/// A question of a watcher (`is_control`) is logged at level debug, so that the lines at
/// level info are the calls.
///
/// Python's line has the time after the first field; whoever formats the log adds it.
pub(crate) fn log_request(
    peer: Peer,
    method: &str,
    target: &str,
    version: &str,
    status: u16,
    is_control: bool,
) {
    let level = match is_control {
        true => log::Level::Debug,
        false => log::Level::Info,
    };
    log::log!(
        target: "xmlrpc_server::access",
        level,
        "{} \"{} {} {version}\" {status} -",
        peer,
        escaped(method),
        escaped(target),
    );
}
