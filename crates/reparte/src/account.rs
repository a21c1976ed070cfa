//! Who did what.

mod table;
mod tally;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::CallError;
use crate::plan::End;
use crate::text::Foreign;

/// Who did what, so far or in all. Displays as a table, a line for each server
/// and one for the whole:
///
/// ```text
/// server          slots  tasks  executions  state  failures
/// localhost:9000      1      7           7  up     -
/// localhost:9001      1      3           4  down   1 interrupted, 2 unreachable; last: unreachable: refused
/// 10 tasks: 10 done, 0 failed, 0 lost; 11 executions, 3 retries; died: localhost:9001
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Account {
    /// Each server, in the order given.
    pub servers: Vec<ServerAccount>,
    /// Tasks sent.
    pub tasks: u64,
    /// Tasks that have their result.
    pub done: u64,
    /// Tasks that failed: a fault, or given up.
    pub failed: u64,
    /// Tasks that wait or run.
    pub pending: u64,
    /// Tasks that the run's early end left without an answer.
    pub not_run: u64,
    /// Calls that ran or may have run: at least one for each answered task.
    pub executions: u64,
    /// Calls made for a task that had been called before.
    pub retries: u64,
    /// Tasks that are none of done, failed, pending or not run. Always 0; it
    /// is counted all the same.
    pub lost: u64,
    pub(crate) end: Option<End>,
}

/// What one server did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerAccount {
    /// Its name.
    pub name: Arc<str>,
    /// How many calls it takes at a time.
    pub slots: usize,
    /// Tasks whose result came from it.
    pub tasks: u64,
    /// Calls that ran there or may have run, those in flight included.
    pub executions: u64,
    /// Failed calls by the [name of their kind](crate::ErrorKind::name).
    pub failures: BTreeMap<&'static str, u64>,
    /// The last failure that was the server's own, not a function's answer.
    pub last_error: Option<CallError>,
    /// Whether it is in use.
    pub state: ServerState,
    /// How many times it went from up to down, other than by being busy.
    pub deaths: u64,
}

/// Whether a server is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerState {
    /// In use.
    Up,
    /// Put aside after a failure, and tried again from time to time.
    Down,
    /// Put aside since it said that it is busy, and tried again when it asked
    /// to be.
    Busy,
    /// Not asked again: it refused the call or does not serve it.
    Out,
}

impl fmt::Display for ServerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Busy => "busy",
            Self::Out => "out",
        })
    }
}

impl ServerAccount {
    pub(crate) fn new(name: Arc<str>, slots: usize) -> Self {
        Self {
            name,
            slots,
            tasks: 0,
            executions: 0,
            failures: BTreeMap::new(),
            last_error: None,
            state: ServerState::Up,
            deaths: 0,
        }
    }
}

impl Account {
    /// The servers that died during the run, or are out: those that came back
    /// are among them.
    pub fn died(&self) -> impl Iterator<Item = &ServerAccount> {
        self.servers
            .iter()
            .filter(|server| server.deaths > 0 || server.state == ServerState::Out)
    }

    /// Why the run ended before its tasks did.
    pub(crate) fn verdict(&self) -> impl fmt::Display {
        match self.end {
            Some(End::Outage { after }) => {
                format!("every server has been down for {} s", after.as_secs_f64())
            }
            Some(End::NoServers) => "every server has refused its calls for good".to_owned(),
            Some(End::Completed | End::Abandoned) | None => "the run is over".to_owned(),
        }
    }

    /// A line for each server's last error.
    pub(crate) fn write_last_errors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for server in &self.servers {
            write!(f, "\n  {}: ", Foreign(&server.name))?;
            match &server.last_error {
                Some(error) => write!(f, "{error}")?,
                None => f.write_str("no error")?,
            }
        }
        Ok(())
    }
}
