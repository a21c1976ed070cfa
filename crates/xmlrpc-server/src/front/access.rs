//! The access log: a line per request, in the form of Python's SimpleXMLRPCServer.

use std::net::IpAddr;

use crate::escape::escaped;

/// Logs a request that has been answered with `status`.
///
/// What watchers ask (`is_control`) is logged at debug level: the other lines add up to
/// the calls.
///
/// The time, which stands after the first field in Python's line, is left to whoever
/// formats the log.
pub(super) fn log(
    peer: IpAddr,
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
        peer.to_canonical(),
        escaped(method),
        escaped(target),
    );
}
