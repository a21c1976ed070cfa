//! The watcher of the server file: servers join the run and leave it as the file changes.

use std::fmt::Display;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use reparte::{Destino, Handle};

use crate::console::Console;
use crate::exit::Failure;
use crate::flags::server_list::ServerList;

/// The time between two readings of the file.
const INTERVAL: Duration = Duration::from_secs(1);

/// Keeps the servers of a run as the file of `--servers` has them.
pub(crate) struct ServerFileWatcher<A, R, D> {
    /// The flags that name the servers: the file, and those outside it.
    pub(crate) servers: ServerList,
    /// The servers that the run has.
    pub(crate) known: Vec<ServerKey>,
    /// Returns the destinations that the flags name.
    pub(crate) destinations: ReadDestinations<D>,
    pub(crate) run: Handle<A, R>,
    /// The place where it says which servers join and leave, if it does.
    pub(crate) console: Option<Console>,
}

type ReadDestinations<D> = Box<dyn Fn(&ServerList) -> Result<Vec<D>, Failure> + Send>;

/// The part of a line of the server file that makes it another server's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerKey {
    name: Arc<str>,
    /// The number of calls at a time. `None` if the server is asked for it.
    slots: Option<usize>,
}

impl ServerKey {
    /// Returns the key of a destination.
    pub(crate) fn of<A, R>(destination: &impl Destino<A, R>) -> Self {
        ServerKey {
            name: destination.name().into(),
            slots: (!destination.learns_slots()).then(|| destination.slots()),
        }
    }
}

/// The run has ended, so its servers no longer matter.
struct RunEnded;

impl<A: 'static, R: 'static, D: Destino<A, R> + 'static> ServerFileWatcher<A, R, D> {
    /// Starts the watcher, if there is a file. Nobody waits for its thread, which ends after
    /// the run does.
    pub(crate) fn start(self) {
        if !self.servers.has_file() {
            return;
        }
        let started = thread::Builder::new()
            .name("servers".to_owned())
            .spawn(|| self.watch());
        if let Err(error) = started {
            log::warn!("--servers is not read again: can't start a thread ({error})");
        }
    }

    fn watch(mut self) {
        // The first reading counts as a change: the file may have changed since the run's
        // servers were read from it.
        let mut last_text = None;
        let mut last_error = None;
        loop {
            thread::sleep(INTERVAL);
            let text = self.servers.file_text();
            if text == last_text && text.is_some() {
                continue;
            }
            last_text = text;
            match (self.destinations)(&self.servers) {
                Ok(destinations) => {
                    last_error = None;
                    if self.update(destinations).is_err() {
                        return;
                    }
                }
                Err(error) => {
                    let error = error.to_string();
                    if last_error.as_ref() != Some(&error) {
                        log::warn!("the servers stay as they were: {error}");
                    }
                    last_error = Some(error);
                }
            }
        }
    }

    /// Adds and removes servers until the run has these.
    fn update(&mut self, destinations: Vec<D>) -> Result<(), RunEnded> {
        let wanted: Vec<ServerKey> = destinations.iter().map(ServerKey::of).collect();
        for destination in destinations {
            let key = ServerKey::of(&destination);
            if self.known.contains(&key) {
                continue;
            }
            // A known server has another number of slots now. It is replaced in one step, so
            // that the run is never without it.
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
        for known in &self.known {
            if !wanted.iter().any(|key| key.name == known.name) {
                self.run.remove_server(&known.name);
                self.tell(format_args!("{} leaves", known.name));
            }
        }
        self.known = wanted;
        Ok(())
    }

    fn tell(&self, line: impl Display) {
        if let Some(console) = &self.console {
            console.tell(line);
        }
    }
}
