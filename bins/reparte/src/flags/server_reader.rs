//! The reader of a list of servers, which may change while a run goes on.

use std::fmt;
use std::fs;
use std::path::Path;

use untrusted_text::OneLine;
use xmlrpc_client::Options;

#[cfg(unix)]
use crate::announcement::Announcement;
use crate::exit::Failure;
#[cfg(unix)]
use crate::flags::server_directory::ServerDirectory;
use crate::flags::server_entry::{NAME_MARK, Origin, ServerEntry};
use crate::flags::server_list::ServerList;
use crate::flags::server_name::ServerName;
#[cfg(unix)]
use crate::flags::server_place::is_at;
use crate::flags::server_place::{DROPPED, place};

/// Reads a list of servers again and again: its arguments, its file or directory, and the names
/// that are looked up.
#[derive(Debug)]
pub(crate) struct ServerReader {
    list: ServerList,
    /// The function that servers of a directory have to publish. Any will do if there is none.
    function: Option<String>,
    #[cfg(unix)]
    directory: Option<ServerDirectory>,
    names: Vec<ServerName>,
    /// The servers that the list dropped when it was last read.
    dropped: Vec<DroppedServer>,
    /// A name whose servers do not get the client's token is told.
    has_token: bool,
}

/// A server that a list drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DroppedServer {
    /// Its address, without a number of calls.
    pub(crate) address: String,
    /// The name that is shown in place of the address, if it has one.
    pub(crate) name: Option<String>,
}

/// The reason why there is no list of servers.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// None is there yet: a directory without announcements, or a name without addresses.
    NoneYet(String),
    Unusable(Failure),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::NoneYet(text) => f.write_str(text),
            ReadError::Unusable(failure) => failure.fmt(f),
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NoneYet(text) => Failure::Unreachable(text),
            ReadError::Unusable(failure) => failure,
        }
    }
}

impl ServerReader {
    /// Creates a reader of this list. Of a directory, it reads the servers of `function`.
    pub(crate) fn new(list: &ServerList, function: Option<&str>) -> Self {
        ServerReader {
            list: list.clone(),
            function: function.map(str::to_owned),
            #[cfg(unix)]
            directory: list
                .file()
                .filter(|path| path.is_dir())
                .map(|path| ServerDirectory::new(path.to_owned())),
            names: Vec::new(),
            dropped: Vec::new(),
            has_token: false,
        }
    }

    /// Tells which names' servers do not get the token of these options, once each.
    pub(crate) fn warn_for(mut self, options: &Options) -> Self {
        self.has_token = options.credentials.is_some();
        self
    }

    /// Returns whether the list may change.
    pub(crate) fn may_change(&self) -> bool {
        self.list.file().is_some() || !self.names.is_empty()
    }

    /// Returns the servers that the list dropped when it was last read.
    pub(crate) fn dropped(&self) -> &[DroppedServer] {
        &self.dropped
    }

    /// Returns the servers that the list has now, at least one.
    pub(crate) fn read(&mut self) -> Result<Vec<ServerEntry>, ReadError> {
        refuse_file(self.list.arguments()).map_err(ReadError::Unusable)?;
        let arguments = self.list.arguments().iter();
        let mut named: Vec<ServerEntry> = arguments
            .map(|address| ServerEntry {
                address: address.clone(),
                name: None,
                origin: Origin::Argument,
                gets_token: true,
            })
            .collect();
        if let Some(path) = self.list.file().filter(|_| !self.has_directory()) {
            let lines = lines(path).map_err(ReadError::Unusable)?;
            self.dropped = lines.dropped;
            named.extend(lines.servers);
            // A server that is dropped and named is dropped.
            let is_dropped = |entry: &ServerEntry| {
                let place = place(&entry.address);
                self.dropped.iter().any(|dropped| dropped.address == place)
            };
            named.retain(|entry| !is_dropped(entry));
        }
        let mut entries = Vec::with_capacity(named.len());
        for entry in named {
            self.add(entry, &mut entries).map_err(ReadError::Unusable)?;
        }
        #[cfg(unix)]
        self.add_announced(&mut entries)?;
        match (entries.is_empty(), self.may_change()) {
            (false, _) => Ok(entries),
            (true, _) if !self.dropped.is_empty() => Err(ReadError::Unusable(Failure::argument(
                "--servers: its list drops every server: name another one, or take a ! away (in \
                 a directory, a line of the file `dropped`)",
            ))),
            (true, true) => Err(ReadError::NoneYet(self.none_yet())),
            (true, false) => Err(ReadError::Unusable(Failure::argument(
                "no server is named: give host:port, such as localhost:9000, or a file of them \
                 with --servers",
            ))),
        }
    }

    fn has_directory(&self) -> bool {
        #[cfg(unix)]
        return self.directory.is_some();
        #[cfg(not(unix))]
        return false;
    }

    /// Adds a server, or those at the addresses of a name.
    fn add(&mut self, entry: ServerEntry, entries: &mut Vec<ServerEntry>) -> Result<(), Failure> {
        let known = self.names.iter().position(|name| name.is(&entry.address));
        let at = match (known, ServerName::read(&entry.address)) {
            (Some(at), _) => at,
            (None, Some(name)) => {
                let name = name?;
                if self.has_token && !self.list.sends_token_in_clear() {
                    log::warn!(
                        "{}: its servers have no certificate, so they get no token; \
                         --token-in-clear sends it, for a network that you trust",
                        OneLine::new(&entry.address)
                    );
                }
                self.names.push(name);
                self.names.len() - 1
            }
            (None, None) => {
                entries.push(entry);
                return Ok(());
            }
        };
        let gets_token = self.list.sends_token_in_clear();
        if let Some(name) = self.names.get_mut(at) {
            entries.extend(name.servers().map(|address| ServerEntry {
                address,
                name: None,
                origin: entry.origin.clone(),
                gets_token,
            }));
        }
        Ok(())
    }

    /// Adds the servers that have announced themselves, except those that are named too.
    #[cfg(unix)]
    fn add_announced(&mut self, entries: &mut Vec<ServerEntry>) -> Result<(), ReadError> {
        let Some(directory) = &mut self.directory else {
            return Ok(());
        };
        let announced = directory.read().map_err(ReadError::Unusable)?;
        let dropped = directory.dropped();
        let dropped = parse(&dropped);
        self.dropped.clear();
        let function = self.function.as_deref();
        for Announcement {
            url,
            slots,
            certificate,
            ..
        } in announced
            .into_iter()
            .filter(|found| function.is_none_or(|function| found.function == function))
        {
            if dropped.iter().any(|line| is_at(&line.address, &url)) {
                self.dropped.push(DroppedServer {
                    address: url,
                    name: None,
                });
                continue;
            }
            if !entries.iter().any(|entry| entry.address.ends_with(&url)) {
                entries.push(ServerEntry {
                    address: format!("{slots}/{url}"),
                    name: None,
                    origin: Origin::Announced(certificate),
                    gets_token: url.starts_with("https://"),
                });
            }
        }
        Ok(())
    }

    fn none_yet(&self) -> String {
        match self.list.file().filter(|_| self.has_directory()) {
            Some(path) => format!(
                "no server of {} has announced itself in {}: start one with `reparte serve \
                 --announce {}`",
                self.function.as_deref().unwrap_or("any function"),
                path.display(),
                path.display()
            ),
            None => "the names of the servers have no address".to_owned(),
        }
    }
}

/// Refuses an argument that is a file's name, and no server's.
fn refuse_file(arguments: &[String]) -> Result<(), Failure> {
    let is_file = |argument: &&String| !argument.contains(':') && Path::new(argument).is_file();
    match arguments.iter().find(is_file) {
        Some(file) => {
            let file = OneLine::new(file);
            Err(Failure::argument(format_args!(
                "{file} is a file, and no server: give --servers {file} if it lists servers, or \
                 --tasks {file} if it has the tasks of a run"
            )))
        }
        None => Ok(()),
    }
}

/// The servers of a file.
struct Lines {
    servers: Vec<ServerEntry>,
    /// The servers that it drops.
    dropped: Vec<DroppedServer>,
}

/// Returns the servers of a file.
fn lines(path: &Path) -> Result<Lines, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::argument(format_args!(
            "--servers: can't read {} ({error}): name a text file with a server per line, or a \
             directory in which servers announce themselves; to name a server itself, leave out --servers",
            path.display()
        ))
    })?;
    let (dropped, servers): (Vec<_>, Vec<_>) = parse(&text)
        .into_iter()
        .partition(|line| line.address.starts_with(DROPPED));
    if servers.is_empty() && dropped.is_empty() {
        return Err(Failure::argument(format_args!(
            "--servers: {} names no server: write one per line, such as localhost:9000",
            path.display()
        )));
    }
    let entry = |line: Line| ServerEntry {
        address: line.address,
        name: line.name,
        origin: Origin::Line(path.to_owned(), line.number),
        gets_token: true,
    };
    let without_mark = |line: Line| DroppedServer {
        address: place(line.address.trim_start_matches(DROPPED).trim()).to_owned(),
        name: line.name,
    };
    Ok(Lines {
        servers: servers.into_iter().map(entry).collect(),
        dropped: dropped.into_iter().map(without_mark).collect(),
    })
}

/// A line of a file that has a server.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    number: usize,
    address: String,
    /// The name in a comment that begins with [`NAME_MARK`].
    name: Option<String>,
}

fn parse(text: &str) -> Vec<Line> {
    // Some editors write a byte order mark before a text in UTF-8.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().enumerate().map(|(at, line)| {
        let (address, comment) = line.split_at(line.find('#').unwrap_or(line.len()));
        let name = comment.strip_prefix(NAME_MARK).map(str::trim);
        Line {
            number: at + 1,
            address: address.trim().to_owned(),
            name: name
                .filter(|name| !name.is_empty())
                .map(|name| OneLine::new(name).to_string()),
        }
    });
    lines.filter(|line| !line.address.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;
    use crate::proportion::{alone, check_proportion};

    #[test]
    fn a_file_costs_in_proportion_to_its_bytes() {
        alone(
            "flags::server_reader::tests::a_file_costs_in_proportion_to_its_bytes",
            || {
                // A line of two bytes takes 56 and its text, in a vector that doubles.
                for piece in ["\n", "#", "a", " ", "host:9000\n", "a#b\n", "a\n"] {
                    let make = |size: usize| piece.repeat(size / piece.len());
                    check_proportion(piece, 1 << 18, 56, make, |text| {
                        drop(black_box(parse(text)));
                    });
                }
            },
        );
    }

    #[test]
    fn a_file_has_a_server_a_line_and_comments() {
        let text = "# all of them\n\nhost:9000\r\n  2/other:9001 # the fast one\n#gone:1\n\
                    unix:/s  # ssh: me@maquina1 (2)\r\n# ssh: none\nunix:/t # ssh: \n";
        let line = |number, address: &str, name: Option<&str>| Line {
            number,
            address: address.to_owned(),
            name: name.map(str::to_owned),
        };
        let expected = [
            line(3, "host:9000", None),
            line(4, "2/other:9001", None),
            line(6, "unix:/s", Some("me@maquina1 (2)")),
            line(8, "unix:/t", None),
        ];
        assert_eq!(parse(text), expected);
        let marked = format!("\u{feff}{text}");
        assert_eq!(parse(&marked), expected, "after a byte order mark");
        assert_eq!(parse("\u{feff}host:9000")[0].address, "host:9000");
    }
}
