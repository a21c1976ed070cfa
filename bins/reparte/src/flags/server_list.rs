//! The list of servers: as arguments and in a file.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use cli_support::distinct_files::DistinctFiles;
use reparte::XmlRpc;
use xmlrpc_client::{Options, ServerProxy};

use crate::exit::Failure;
use crate::ownership::is_writable_by_others;

// No doc comment: clap would take it for the subcommand's. Those of the fields are the text
// of `--help`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServerList {
    /// host:port, an http:// or https:// URL, unix:/socket, scgi://host:port,
    /// scgi+unix:/socket, or dns:NAME:PORT for each address of the name, asked for each 5 s and
    /// called without the token; N/ before it, for N calls at a time, is for a run
    #[arg(value_name = "SERVER")]
    server: Vec<String>,
    /// The servers in this file, one a line; what follows a # is a comment. While a run is on, a
    /// ! before a server drops it at once, and makes its calls elsewhere. Or a directory in
    /// which servers announce themselves: see `reparte serve --announce`. Its file `dropped` lists
    /// those to drop
    #[arg(long, value_name = "FILE|DIR")]
    servers: Option<PathBuf>,
    /// Send the token to the addresses of dns: names too. It travels unencrypted, and to whatever
    /// answers there, so only for a network that you trust
    #[arg(long, requires = "token")]
    token_in_clear: bool,
}

impl ServerList {
    /// Creates a list of these servers and those of a file.
    #[cfg(feature = "factoring")]
    pub(crate) fn new(server: Vec<String>, servers: Option<PathBuf>, token_in_clear: bool) -> Self {
        ServerList {
            server,
            servers,
            token_in_clear,
        }
    }

    /// Adds servers, as if they were arguments.
    pub(crate) fn add(&mut self, servers: impl IntoIterator<Item = String>) {
        self.server.extend(servers);
    }

    /// Names the file.
    #[cfg(unix)]
    pub(crate) fn set_file(&mut self, path: &Path) {
        self.servers = Some(path.to_owned());
    }

    /// Returns the servers that are arguments.
    pub(super) fn arguments(&self) -> &[String] {
        &self.server
    }

    /// Returns the file or the directory, if there is one.
    pub(super) fn file(&self) -> Option<&Path> {
        self.servers.as_deref()
    }

    /// Returns whether the servers of a name that was looked up get the token.
    pub(super) fn sends_token_in_clear(&self) -> bool {
        self.token_in_clear
    }

    /// Returns whether no server is named, nor a file of them.
    pub(crate) fn is_empty(&self) -> bool {
        self.server.is_empty() && self.servers.is_none()
    }

    /// Adds the file to those of the command.
    pub(crate) fn add_to(&self, files: &mut DistinctFiles) {
        files.add_input("--servers", self.servers.as_deref());
    }

    /// Warns of a file that others may write, if it decides who gets a token.
    pub(crate) fn warn_if_writable(&self, options: &Options) {
        let Some(path) = self
            .servers
            .as_ref()
            .filter(|path| options.credentials.is_some() && !path.is_dir())
        else {
            return;
        };
        if fs::metadata(path).is_ok_and(|file| is_writable_by_others(&file)) {
            log::warn!(
                "--servers {}: others may write this file, and whom they add gets the token: \
                 chmod go-w",
                path.display()
            );
        }
    }
}

/// Returns one server. Its address is read as those of a list are.
pub(crate) fn single_server(address: &str, options: &Options) -> Result<XmlRpc, Failure> {
    // The client's own error for an address has a better remedy than the list's.
    ServerProxy::builder(address)
        .options(options.clone())
        .build()?;
    let servers = XmlRpc::list_with(&[address], "", options).map_err(Failure::argument)?;
    let server = servers.into_iter().next();
    server.ok_or_else(|| Failure::argument("no server is named: give host:port"))
}
