//! The access log: a line per request, in the form of Python's SimpleXMLRPCServer.

use std::net::IpAddr;

use log::Level;

use crate::text::Foreign;

/// The level of all requests but those of the control protocol.
pub(super) const LEVEL: Level = Level::Info;

/// Logs a request that has been answered with `status`.
///
/// The time, which stands after the first field in Python's line, is left to whoever
/// formats the log.
pub(super) fn log(
    level: Level,
    peer: IpAddr,
    method: &str,
    target: &str,
    version: &str,
    status: u16,
) {
    log::log!(
        target: "xmlrpc_server::access",
        level,
        "{} \"{} {} {version}\" {status} -",
        peer.to_canonical(),
        Foreign(method),
        Foreign(target),
    );
}
