//! The list of the hosts whose server is up, as a file and for those who wait.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::exit::Failure;

/// The states of all hosts, and the file that lists those which are up.
pub(super) struct Published {
    path: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

pub(super) struct State {
    hosts: Vec<HostState>,
    is_stopping: bool,
}

/// The state of a host.
///
/// | from | to | when |
/// | --- | --- | --- |
/// | `Starting` | `Up` | its server answers through the link |
/// | `Starting` | `Failed` | its first link has no server |
/// | `Up` | `Starting` | its link ends |
#[derive(Debug, Clone, PartialEq, Eq)]
enum HostState {
    Starting,
    /// Its line of the list.
    Up(String),
    Failed,
}

impl State {
    pub(super) fn is_any_up(&self) -> bool {
        self.hosts
            .iter()
            .any(|host| matches!(host, HostState::Up(_)))
    }

    pub(super) fn are_settled(&self) -> bool {
        !self.hosts.contains(&HostState::Starting)
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping
    }

    fn text(&self) -> String {
        let lines = self.hosts.iter().filter_map(|host| match host {
            HostState::Up(line) => Some(format!("{line}\n")),
            _ => None,
        });
        lines.collect()
    }
}

impl Published {
    /// Makes the file, empty, with mode 0600: it may have a token.
    pub(super) fn new(path: PathBuf, hosts: usize) -> Result<Self, Failure> {
        let published = Published {
            path,
            state: Mutex::new(State {
                hosts: vec![HostState::Starting; hosts],
                is_stopping: false,
            }),
            changed: Condvar::new(),
        };
        published.write("").map_err(|error| {
            Failure::argument(format_args!(
                "can't write the list of servers into {} ({error}): name a file in a folder \
                 that is there and that you may write to",
                published.path.display()
            ))
        })?;
        Ok(published)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Tells that a host is up, by its line of the list.
    pub(super) fn set_up(&self, host: usize, line: String) {
        self.set(host, HostState::Up(line));
    }

    pub(super) fn set_starting(&self, host: usize) {
        self.set(host, HostState::Starting);
    }

    pub(super) fn set_failed(&self, host: usize) {
        self.set(host, HostState::Failed);
    }

    fn set(&self, host: usize, to: HostState) {
        let mut state = self.lock();
        if let Some(known) = state.hosts.get_mut(host)
            && *known != to
        {
            *known = to;
            let text = state.text();
            if !state.is_stopping
                && let Err(error) = self.write(&text)
            {
                log::warn!("can't write {}: {error}", self.path.display());
            }
            self.changed.notify_all();
        }
    }

    /// Has all hosts stop.
    pub(super) fn stop(&self) {
        self.lock().is_stopping = true;
        self.changed.notify_all();
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.lock().is_stopping
    }

    /// Waits for this long, or until the hosts stop. Returns whether they do.
    pub(super) fn pause(&self, time: Duration) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), time, |state| !state.is_stopping);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_stopping
    }

    /// Waits until this holds, or all stop. Returns how many hosts are up, of how many.
    pub(super) fn wait(&self, until: impl Fn(&State) -> bool) -> (usize, usize) {
        let waited = self
            .changed
            .wait_while(self.lock(), |state| !until(state) && !state.is_stopping);
        let state = waited.unwrap_or_else(PoisonError::into_inner);
        let hosts = state.hosts.iter();
        let up = hosts.filter(|host| matches!(host, HostState::Up(_)));
        (up.count(), state.hosts.len())
    }

    pub(super) fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }

    /// Replaces the file in one step.
    fn write(&self, text: &str) -> io::Result<()> {
        let mut new = self.path.clone().into_os_string();
        new.push(".new");
        let _ = fs::remove_file(&new);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(&new)?.write_all(text.as_bytes())?;
        fs::rename(&new, &self.path)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
