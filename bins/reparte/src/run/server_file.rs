//! The watcher of the list of servers: they join the run and leave it as its file changes, its
//! directory, or the addresses of a name.

use std::fmt::Display;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use reparte::{Destino, Handle, XmlRpc};
use xmlrpc_client::{Fingerprint, Options, Value};

use crate::console::Console;
use crate::exit::Failure;
use crate::flags::server_entry::ServerEntry;
use crate::flags::server_list::single_server;
use crate::flags::server_reader::{DroppedServer, ServerReader};

/// The time between two readings of the list.
const INTERVAL: Duration = Duration::from_secs(1);

/// Keeps the servers of a run as its list has them.
pub(crate) struct ServerFileWatcher<A, R, D> {
    pub(crate) reader: ServerReader,
    /// The list as it was last read.
    pub(crate) entries: Vec<ServerEntry>,
    /// The servers that the run has.
    pub(crate) known: Vec<ServerKey>,
    /// The servers that the list drops.
    pub(crate) dropped: Vec<DroppedServer>,
    /// Returns the destinations of a list.
    pub(crate) destinations: MakeDestinations<D>,
    pub(crate) run: Handle<A, R>,
    /// The place where it says which servers join and leave, if it does.
    pub(crate) console: Option<Console>,
}

type MakeDestinations<D> =
    Box<dyn Fn(&[ServerEntry]) -> Result<Vec<(ServerKey, D)>, Failure> + Send>;

/// The part of an entry of the list that makes it another server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerKey {
    name: Arc<str>,
    /// The number of calls at a time. `None` if the server is asked for it.
    slots: Option<usize>,
    /// The fingerprint by which it is known: another start of a server has another one.
    certificate: Option<Fingerprint>,
}

impl ServerKey {
    /// Returns the key of a server.
    pub(crate) fn of(server: &XmlRpc) -> Self {
        let destino: &dyn Destino<Vec<Value>, Value> = server;
        ServerKey {
            name: destino.name().into(),
            slots: (!destino.learns_slots()).then(|| destino.slots()),
            certificate: server.proxy().options().tls.fingerprint,
        }
    }
}

/// The run has ended, so its servers no longer matter.
struct RunEnded;

impl<A: 'static, R: 'static, D: Destino<A, R> + 'static> ServerFileWatcher<A, R, D> {
    /// Starts the watcher, if the list may change. Nobody waits for its thread, which ends after
    /// the run does.
    pub(crate) fn start(self) {
        if !self.reader.may_change() {
            return;
        }
        let started = thread::Builder::new()
            .name("servers".to_owned())
            .spawn(|| self.watch());
        if let Err(error) = started {
            log::warn!("the list of servers is not read again: can't start a thread ({error})");
        }
    }

    fn watch(mut self) {
        let mut last_error = None;
        loop {
            thread::sleep(INTERVAL);
            let read = match self.reader.read() {
                Ok(entries) if entries == self.entries && self.reader.dropped() == self.dropped => {
                    Ok(None)
                }
                Ok(entries) => (self.destinations)(&entries)
                    .map(|destinations| Some((entries, destinations)))
                    .map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            match read {
                Ok(changed) => {
                    last_error = None;
                    let Some((entries, destinations)) = changed else {
                        continue;
                    };
                    self.entries = entries;
                    if self.update(destinations).is_err() {
                        return;
                    }
                }
                Err(error) => {
                    if last_error.as_ref() != Some(&error) {
                        log::warn!("the servers stay as they were: {error}");
                    }
                    last_error = Some(error);
                }
            }
        }
    }

    /// Adds and removes servers until the run has these.
    fn update(&mut self, destinations: Vec<(ServerKey, D)>) -> Result<(), RunEnded> {
        let (dropped, new) = self.read_dropped();
        let is_wanted = |(key, _): &(ServerKey, D)| !dropped.contains(&key.name);
        let destinations: Vec<_> = destinations.into_iter().filter(is_wanted).collect();
        let wanted: Vec<ServerKey> = destinations.iter().map(|(key, _)| key.clone()).collect();
        for (key, destination) in destinations {
            if self.known.contains(&key) {
                continue;
            }
            // A known server has another number of slots now, or has started again. It is
            // replaced in one step, so that the run is never without it.
            let is_known = self.known.iter().any(|known| known.name == key.name);
            let added = match is_known {
                true => self.run.replace_server(&key.name, destination),
                false => self.run.add_server(destination),
            };
            match added {
                Ok(()) if is_known => {}
                Ok(()) => self.tell(format_args!("{} joins", key.name)),
                Err(reparte::Error::RunEnded) => return Err(RunEnded),
                Err(error) => log::warn!("{}: can't join the run: {error}", key.name),
            }
        }
        // After the others have joined: a run whose last server is dropped would end.
        for name in new {
            if self.run.drop_server(&name) {
                self.tell(format_args!("{name} is dropped"));
            }
        }
        for known in &self.known {
            let is_gone = !wanted.iter().any(|key| key.name == known.name);
            if is_gone && !dropped.contains(&known.name) {
                self.run.remove_server(&known.name);
                self.tell(format_args!("{} leaves", known.name));
            }
        }
        self.known = wanted;
        Ok(())
    }

    /// Returns the names of the servers that the list drops, and of those that it drops from now
    /// on.
    fn read_dropped(&mut self) -> (Vec<Arc<str>>, Vec<Arc<str>>) {
        let now = self.reader.dropped().to_vec();
        let before = std::mem::replace(&mut self.dropped, now);
        let (mut names, mut new) = (Vec::new(), Vec::new());
        for server in &self.dropped {
            let name: Arc<str> = match &server.name {
                Some(name) => name.as_str().into(),
                None => match single_server(&server.address, &Options::default()) {
                    Ok(server) => ServerKey::of(&server).name,
                    // No server of the run has an address that can't be read.
                    Err(error) => {
                        log::warn!("--servers: !{}: {error}", server.address);
                        continue;
                    }
                },
            };
            if !before.contains(server) {
                new.push(Arc::clone(&name));
            }
            names.push(name);
        }
        (names, new)
    }

    fn tell(&self, line: impl Display) {
        if let Some(console) = &self.console {
            console.tell(line);
        }
    }
}
