//! The file of servers, read again when it changes: servers join the run and leave it.

use std::fmt::Display;
use std::thread;
use std::time::Duration;

use xmlrpc_client::Options;

use super::Steering;
use super::destination::{Destination, ServerKey};
use crate::console::Console;
use crate::options::Servers;

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// Follows the file of servers, if there is one, until the run is over; tells the
/// console, if there is one, who joins and leaves.
pub(super) fn follow(
    servers: &Servers,
    known: Vec<ServerKey>,
    function: &str,
    client: Options,
    run: &Steering,
    console: Option<Console>,
) {
    if !servers.has_file() {
        return;
    }
    let follower = ServerFileWatcher {
        servers: servers.clone(),
        known,
        function: function.to_owned(),
        client,
        run: run.clone(),
        console,
    };
    let started = thread::Builder::new()
        .name("servers".to_owned())
        .spawn(|| follower.follow());
    if let Err(error) = started {
        log::warn!("--servers is not read again: can't start a thread ({error})");
    }
}

struct ServerFileWatcher {
    servers: Servers,
    known: Vec<ServerKey>,
    function: String,
    client: Options,
    run: Steering,
    console: Option<Console>,
}

impl ServerFileWatcher {
    fn follow(mut self) {
        // It may have changed since the run's servers were read.
        let mut seen = None;
        let mut complaint = None;
        loop {
            thread::sleep(INTERVAL);
            let text = self.servers.file_text();
            if text == seen && text.is_some() {
                continue;
            }
            seen = text;
            match Destination::all(&self.servers, &self.function, &self.client) {
                Ok(workers) => {
                    complaint = None;
                    if self.change_to(workers).is_err() {
                        return;
                    }
                }
                Err(failure) => {
                    let failure = failure.to_string();
                    if complaint.as_ref() != Some(&failure) {
                        log::warn!("the servers stay as they were: {failure}");
                    }
                    complaint = Some(failure);
                }
            }
        }
    }

    /// Has servers join and leave until the run has these; an error once it is over.
    fn change_to(&mut self, workers: Vec<Destination>) -> Result<(), ()> {
        let wanted: Vec<ServerKey> = workers.iter().map(Destination::key).collect();
        for worker in workers {
            let key = worker.key();
            if self.known.contains(&key) {
                continue;
            }
            // One that is known takes another number of calls from now on.
            let is_known = self.known.iter().any(|known| known.name == key.name);
            let joined = match is_known {
                true => self.run.replace_server(&key.name, worker),
                false => self.run.add_server(worker),
            };
            match joined {
                Ok(()) if is_known => {}
                Ok(()) => self.tell(format_args!("{} joins", key.name)),
                Err(reparte::Error::RunEnded) => return Err(()),
                Err(error) => log::warn!("{}: can't join the run: {error}", key.name),
            }
        }
        for gone in &self.known {
            if !wanted.iter().any(|key| key.name == gone.name) {
                self.run.remove_server(&gone.name);
                self.tell(format_args!("{} leaves", gone.name));
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
