//! Servers on other machines, which are started by ssh and end with this process.
//!
//! Each host has a thread and one connection of ssh. The connection carries all: a script that
//! makes a directory there, the command and the program's files, the server's log, the calls
//! through a forwarded socket, and signs of life. When it ends, for whatever reason, the server
//! there meets the end of its standard input, stops, and the script removes the directory.

mod binary;
mod files;
pub(crate) mod flags;
mod host;
mod host_list;
mod link;
mod private_directory;
mod published;
mod script;
pub(crate) mod server;
mod start_watch;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::console::Console;
use crate::exit::Failure;
use crate::remote::binary::Binary;
use crate::remote::files::{not_copied, pack};
use crate::remote::flags::RemoteFlags;
use crate::remote::host::{Host, Shared};
use crate::remote::host_list::read_hosts;
use crate::remote::private_directory::PrivateDirectory;
use crate::remote::published::Published;
use crate::remote::server::RemoteServer;
use crate::remote::start_watch::StartWatch;

/// The servers on all hosts. They end when this is dropped.
pub(crate) struct RemoteServers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// The time for which running calls may go on at the end.
const GRACE: Duration = Duration::from_secs(10);

/// The time beyond that for a host's end. One that needs longer ends by itself.
const PATIENCE: Duration = Duration::from_secs(7);

impl RemoteServers {
    /// Starts a server on each host of a file. The list of those that are up is kept in `list`,
    /// or else in a file of its own. Until [`Remover::end_watch`], a signal ends the process.
    pub(crate) fn start(
        hosts: &Path,
        flags: &RemoteFlags,
        server: RemoteServer,
        list: Option<&Path>,
        console: &Console,
    ) -> Result<Self, Failure> {
        let hosts = read_hosts(hosts)?;
        let binaries = Binary::candidates(&flags.remote_binary)?;
        for path in not_copied(&server.program, &flags.with) {
            // It has its own name there, and not those of its directories.
            let name = path.file_name().map(Path::new).filter(|name| *name != path);
            let there = name.map_or_else(String::new, |name| {
                format!(", and name it {} after --", name.display())
            });
            let path = path.display();
            log::warn!(
                "{path} is a file of this machine, and no host has it by that path: if the program \
                 reads it, give --with {path}{there}"
            );
        }
        let watch = StartWatch::begin()?;
        let directory = watch.make(PrivateDirectory::new, |directory| {
            directory.path().to_owned()
        })?;
        let files = pack(&flags.with, &directory.path().join("files.tar"))?;
        let list = list.map_or_else(|| directory.path().join("servers"), Path::to_owned);
        let published = watch.make(
            || Published::new(list, hosts.len()),
            |published| published.path().to_owned(),
        )?;
        let shared = Arc::new(Shared {
            ssh: flags.ssh_program.clone(),
            binaries,
            files,
            server,
            grace: GRACE,
            published,
            console: console.clone(),
            directory,
            watch,
        });
        let mut threads = Vec::with_capacity(hosts.len());
        for (number, host) in hosts.into_iter().enumerate() {
            let host = Host::new(number, host, Arc::clone(&shared));
            let started = thread::Builder::new()
                .name("ssh".to_owned())
                .spawn(move || host.keep());
            threads.push(started.map_err(|error| {
                shared.published.stop();
                Failure::server(format_args!("can't start a thread: {error}"))
            })?);
        }
        Ok(RemoteServers { shared, threads })
    }

    /// Waits until each host is up or has failed. Returns how many are up, of how many.
    pub(crate) fn wait_for_all(&self) -> (usize, usize) {
        self.shared.published.wait(|state| state.are_settled())
    }

    /// Waits until one host is up.
    ///
    /// # Errors
    ///
    /// All have failed, and each has told why.
    pub(crate) fn wait_for_one(&self) -> Result<(), Failure> {
        let published = &self.shared.published;
        match published.wait(|state| state.is_any_up() || state.are_settled()) {
            (0, 1) => Err(Failure::Unreachable(
                "the host has no server: see above".to_owned(),
            )),
            (0, of) => Err(Failure::Unreachable(format!(
                "none of the {of} hosts has a server: see above"
            ))),
            _ => Ok(()),
        }
    }

    /// Waits until the servers are stopped, by [`stopper`](Self::stopper).
    pub(crate) fn wait_for_stop(&self) {
        self.shared.published.wait(|state| state.is_stopping());
    }

    /// Returns the file that lists the servers which are up.
    pub(crate) fn list(&self) -> &Path {
        self.shared.published.path()
    }

    /// Returns a handle that has the servers stop. It does not wait.
    pub(crate) fn stopper(&self) -> impl Fn() + Clone + Send + 'static {
        let shared = Arc::clone(&self.shared);
        move || shared.published.stop()
    }

    /// Returns a handle that removes the files of this machine at once, for a process that ends
    /// now. The servers end by the end of their standard input.
    pub(crate) fn remover(&self) -> Remover {
        Remover(Arc::clone(&self.shared))
    }
}

/// Returns the names of the hosts of a file, as the command shows them.
pub(crate) fn host_names(hosts: &Path) -> Result<Vec<String>, Failure> {
    let hosts = read_hosts(hosts)?.into_iter();
    Ok(hosts.map(|host| host.shown).collect())
}

/// Removes the files of this machine.
#[derive(Clone)]
pub(crate) struct Remover(Arc<Shared>);

impl Remover {
    /// Ends the watch for signals of the start, once the command watches for them.
    pub(crate) fn end_watch(&self) {
        self.0.watch.end();
    }

    pub(crate) fn remove(&self) {
        self.0.published.remove();
        self.0.directory.remove();
    }
}

impl fmt::Debug for Remover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Remover").finish_non_exhaustive()
    }
}

impl Drop for RemoteServers {
    fn drop(&mut self) {
        self.shared.published.stop();
        let latest = Instant::now() + GRACE + PATIENCE;
        for thread in self.threads.drain(..) {
            while !thread.is_finished() && Instant::now() < latest {
                thread::sleep(Duration::from_millis(10));
            }
            if thread.is_finished() {
                // A panic was told when it happened.
                let _ = thread.join();
            }
        }
        self.shared.published.remove();
        self.shared.directory.remove();
    }
}
