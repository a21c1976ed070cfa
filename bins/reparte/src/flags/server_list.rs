//! The list of servers: as arguments and in a file.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use cli_support::distinct_files::DistinctFiles;
use reparte::XmlRpc;
use xmlrpc_client::{Options, ServerProxy};

use crate::exit::Failure;

// No doc comment: clap would take it for the subcommand's. Those of the fields are the text
// of `--help`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServerList {
    /// host:port, an http:// or https:// URL, unix:/socket, scgi://host:port or
    /// scgi+unix:/socket; N/ before it, for N calls at a time, is for a run
    #[arg(value_name = "SERVER")]
    server: Vec<String>,
    /// The servers in this file, one a line; what follows a # is a comment
    #[arg(long, value_name = "FILE")]
    servers: Option<PathBuf>,
}

impl ServerList {
    /// Creates a list of these servers and those of a file.
    #[cfg(feature = "factoring")]
    pub(crate) fn new(server: Vec<String>, servers: Option<PathBuf>) -> Self {
        ServerList { server, servers }
    }

    /// Adds servers, as if they were arguments.
    pub(crate) fn add(&mut self, servers: impl IntoIterator<Item = String>) {
        self.server.extend(servers);
    }

    /// Returns whether there is a file.
    pub(crate) fn has_file(&self) -> bool {
        self.servers.is_some()
    }

    /// Returns whether no server is named, nor a file of them.
    pub(crate) fn is_empty(&self) -> bool {
        self.server.is_empty() && self.servers.is_none()
    }

    /// Adds the file to those of the command.
    pub(crate) fn add_to(&self, files: &mut DistinctFiles) {
        files.add_input("--servers", self.servers.as_deref());
    }

    /// Reads the file. `None` if there is none, or it can't be read.
    pub(crate) fn file_text(&self) -> Option<String> {
        fs::read_to_string(self.servers.as_ref()?).ok()
    }

    /// Warns of a file that others may write, if it decides who gets a token.
    pub(crate) fn warn_if_writable(&self, options: &Options) {
        let Some(path) = self
            .servers
            .as_ref()
            .filter(|_| options.credentials.is_some())
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

    /// Returns `function` on each of the servers. A server that is named twice is there once.
    pub(crate) fn list(&self, function: &str, options: &Options) -> Result<Vec<XmlRpc>, Failure> {
        let mut all = self.server.clone();
        if let Some(path) = &self.servers {
            for (number, server) in read_server_file(path)? {
                // Each line is read alone, so that the error can name it.
                XmlRpc::list_with(&[&server], function, options).map_err(|error| {
                    Failure::argument(format_args!("{}, line {number}: {error}", path.display()))
                })?;
                all.push(server);
            }
        }
        if all.is_empty() {
            return Err(Failure::argument(
                "no server is named: give host:port, such as localhost:9000, or a file of them \
                 with --servers",
            ));
        }
        XmlRpc::list_with(&all, function, options).map_err(Failure::argument)
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

/// Reads the lines of a file that name servers, with their numbers.
fn read_server_file(path: &Path) -> Result<Vec<(usize, String)>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::argument(format_args!(
            "--servers: can't read {} ({error}): name a text file with a server per line",
            path.display()
        ))
    })?;
    let servers = parse(&text);
    match servers.is_empty() {
        false => Ok(servers),
        true => Err(Failure::argument(format_args!(
            "--servers: {} names no server: write one per line, such as localhost:9000",
            path.display()
        ))),
    }
}

/// Returns whether others than its owner may write a file. Only Unix can tell.
fn is_writable_by_others(file: &fs::Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        is_writable(file.mode(), file.uid(), file.gid())
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        false
    }
}

/// Returns whether others may write a file. A group with its user's number is the user's own,
/// which has no other members: with the umask of such systems, 0002, it may write all files.
#[cfg(unix)]
fn is_writable(mode: u32, user: u32, group: u32) -> bool {
    mode & 0o002 != 0 || (mode & 0o020 != 0 && user != group)
}

fn parse(text: &str) -> Vec<(usize, String)> {
    // Some editors write a byte order mark before a text in UTF-8.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().enumerate().map(|(at, line)| {
        let server = line.split('#').next().unwrap_or_default().trim();
        (at + 1, server.to_owned())
    });
    lines.filter(|(_, server)| !server.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;
    use crate::proportion::{alone, check_proportion};

    #[test]
    fn a_file_costs_in_proportion_to_its_bytes() {
        alone(
            "flags::server_list::tests::a_file_costs_in_proportion_to_its_bytes",
            || {
                // A line of two bytes takes 32 and its text, in a vector that doubles.
                for piece in ["\n", "#", "a", " ", "host:9000\n", "a#b\n", "a\n"] {
                    let make = |size: usize| piece.repeat(size / piece.len());
                    check_proportion(piece, 1 << 18, 32, make, |text| {
                        drop(black_box(parse(text)));
                    });
                }
            },
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_group_of_the_users_own_is_no_other() {
        for (mode, group, expected) in [
            (0o644, 7, false),
            (0o664, 1000, false),
            (0o664, 7, true),
            (0o646, 1000, true),
        ] {
            assert_eq!(is_writable(mode, 1000, group), expected, "{mode:o} {group}");
        }
    }

    #[test]
    fn a_file_has_a_server_a_line_and_comments() {
        let text = "# all of them\n\nhost:9000\r\n  2/other:9001 # the fast one\n#gone:1\n";
        let expected = [(3, "host:9000".to_owned()), (4, "2/other:9001".to_owned())];
        assert_eq!(parse(text), expected);
        let marked = format!("\u{feff}{text}");
        assert_eq!(parse(&marked), expected, "after a byte order mark");
        assert_eq!(parse("\u{feff}host:9000")[0].1, "host:9000");
    }
}
