//! A server of a list, as it was read.

use std::path::PathBuf;

use reparte::XmlRpc;
use xmlrpc_client::{Fingerprint, Options};

use crate::exit::Failure;

/// A server of a list: an address as a command line has it, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerEntry {
    /// `N/host:port`, or one of the other forms of an argument.
    pub(super) address: String,
    pub(super) origin: Origin,
}

/// The place that names a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Argument,
    /// A line of the file of `--servers`.
    Line(PathBuf, usize),
    /// A file of the directory of `--servers`. The server has this certificate, if it has one.
    Announced(Option<Fingerprint>),
}

/// Returns `function` on each of the servers. A server that is named twice is there once.
///
/// A server that has announced itself is known by its certificate. One that has announced none,
/// and that no authority vouches for, gets no token.
pub(crate) fn destinations(
    entries: &[ServerEntry],
    function: &str,
    options: &Options,
) -> Result<Vec<XmlRpc>, Failure> {
    let mut named = Vec::new();
    for entry in entries {
        if let Origin::Line(path, number) = &entry.origin {
            // Each line is read alone, so that the error can name it.
            XmlRpc::list_with(&[&entry.address], function, options).map_err(|error| {
                Failure::argument(format_args!("{}, line {number}: {error}", path.display()))
            })?;
        }
        if !matches!(entry.origin, Origin::Announced(_)) {
            named.push(&*entry.address);
        }
    }
    let mut all = XmlRpc::list_with(&named, function, options).map_err(Failure::argument)?;
    for entry in entries {
        let Origin::Announced(certificate) = entry.origin else {
            continue;
        };
        let mut options = options.clone();
        options.tls.fingerprint = certificate;
        if certificate.is_none() && !entry.address.contains("https://") {
            options.credentials = None;
        }
        let announced = XmlRpc::list_with(&[&entry.address], function, &options);
        all.extend(announced.map_err(Failure::argument)?);
    }
    Ok(all)
}
