//! The access log: a line per request, in the form of Python's SimpleXMLRPCServer.

use std::net::IpAddr;

use crate::text::Foreign;

/// Logs a request that has been answered with `status`.
///
/// The time, which stands after the first field in Python's line, is left to whoever
/// formats the log.
pub(super) fn log(peer: IpAddr, method: &str, target: &str, version: &str, status: u16) {
    log::info!(
        target: "xmlrpc_server::access",
        "{} \"{} {} {version}\" {status} -",
        peer.to_canonical(),
        Foreign(method),
        Foreign(target),
    );
}
