//! A server of a list, as it was read.

use std::collections::HashSet;
use std::path::PathBuf;

use reparte::XmlRpc;
use xmlrpc_client::{Fingerprint, Options};

use crate::exit::Failure;

/// A server of a list: an address as a command line has it, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerEntry {
    /// `N/host:port`, or one of the other forms of an argument.
    pub(super) address: String,
    /// The name that is shown in place of the address, if it has one.
    pub(super) name: Option<String>,
    pub(super) origin: Origin,
    /// The token goes to it, if there is one. For a server that was not named but found, this
    /// takes a certificate that is pinned or checked, or the user's consent.
    pub(super) gets_token: bool,
}

impl ServerEntry {
    /// Returns the address as a command line has it.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

/// The beginning of a comment that names the server of its line. `reparte up` writes it: the path
/// of a socket says nothing of the host behind it.
pub(crate) const NAME_MARK: &str = "# ssh:";

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
/// A server that has announced itself is known by its certificate. One that gets no token is
/// called without it. One that has a name is shown by it, unless another one has it already.
pub(crate) fn destinations(
    entries: &[ServerEntry],
    function: &str,
    options: &Options,
) -> Result<Vec<XmlRpc>, Failure> {
    let mut without_token = options.clone();
    without_token.credentials = None;
    let (mut named, mut found) = (Vec::new(), Vec::new());
    for entry in entries {
        if let Origin::Line(path, number) = &entry.origin {
            // Each line is read alone, so that the error can name it.
            XmlRpc::list_with(&[&entry.address], function, options).map_err(|error| {
                Failure::argument(format_args!("{}, line {number}: {error}", path.display()))
            })?;
        }
        match (&entry.origin, entry.gets_token) {
            (Origin::Announced(_), _) => {}
            (_, true) if entry.name.is_some() => {}
            (_, true) => named.push(&*entry.address),
            (_, false) => found.push(&*entry.address),
        }
    }
    let list = |addresses: &[&str], options: &Options| {
        XmlRpc::list_with(addresses, function, options).map_err(Failure::argument)
    };
    let mut all = list(&named, options)?;
    for server in list(&found, &without_token)? {
        let place = server.proxy().server();
        if !all.iter().any(|named| named.proxy().server() == place) {
            all.push(server);
        }
    }
    let mut names = HashSet::new();
    for entry in entries.iter().filter(|entry| entry.gets_token) {
        let Some(name) = &entry.name else { continue };
        for server in list(&[&entry.address], options)? {
            let place = server.proxy().server();
            if all.iter().any(|known| known.proxy().server() == place) {
                continue;
            }
            all.push(match names.insert(name) {
                true => server.with_name(name),
                false => server,
            });
        }
    }
    for entry in entries {
        let Origin::Announced(certificate) = entry.origin else {
            continue;
        };
        let mut options = match entry.gets_token {
            true => options.clone(),
            false => without_token.clone(),
        };
        options.tls.fingerprint = certificate;
        all.extend(list(&[&entry.address], &options)?);
    }
    Ok(all)
}
