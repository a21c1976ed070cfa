//! Who did what.

mod json;
mod table;
mod tally;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::plan::action::RunEnd;
use crate::text::Foreign;
use crate::{CallError, JournalError};

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
pub struct RunSummary {
    /// Each server, in the order given.
    pub servers: Vec<ServerSummary>,
    /// Tasks sent.
    pub tasks: u64,
    /// Tasks that have their result.
    pub done: u64,
    /// Those of them whose result an earlier run left in the
    /// [journal](crate::Journal).
    pub resumed: u64,
    /// Tasks that failed: a fault, or given up.
    pub failed: u64,
    /// Tasks that wait or run.
    pub pending: u64,
    /// Tasks that the run's early end left without an answer.
    pub not_run: u64,
    /// Calls that ran or may have run: at least one for each answered task.
    pub executions: u64,
    /// Calls made since an earlier one of the same task failed, or since its
    /// server said nothing any more.
    pub retries: u64,
    /// Calls made for slow tasks by slots that had nothing else to do.
    pub hedges: u64,
    /// Hedges that brought their task's answer.
    pub hedges_won: u64,
    /// Hedges that were made in vain.
    pub hedges_lost: u64,
    /// How long the run has taken.
    pub elapsed: Duration,
    /// What is wrong with the journal: the run ended by it, unless it had ended
    /// before.
    pub journal_error: Option<Arc<JournalError>>,
    pub(crate) end: Option<RunEnd>,
    /// When the run started.
    pub(crate) started: Option<Instant>,
}

/// What one server did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerSummary {
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
    /// How long its slots were taken by calls, together.
    pub busy: Duration,
    /// How long its slots could have been, together: all the time that it was
    /// in use.
    pub slot_time: Duration,
    /// How long it was put aside, other than by being busy.
    pub downtime: Duration,
    /// Calls that have not returned.
    pub running: usize,
    /// Up to when the times are known, from the start of the run.
    pub(crate) since: Duration,
    pub(crate) leaves: bool,
}

/// Whether a server is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerState {
    /// In use.
    Up,
    /// Put aside after a failure, and tried again from time to time.
    Down,
    /// Put aside since it said that it is busy, and tried again when it asked
    /// to be.
    Busy,
    /// Put aside for a minute, since it fails at once whatever it is given; or
    /// for good, since an answer of its was [wrong](crate::ErrorKind::Wrong).
    Quarantined,
    /// Not asked again: it refused the call or does not serve it.
    Out,
    /// It was [taken out](crate::Handle::remove_server) of the run.
    Removed,
    /// It is [kept](crate::RepartidorBuilder::fallback) for when no other server is
    /// left.
    Reserve,
}

impl fmt::Display for ServerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Busy => "busy",
            Self::Quarantined => "quarantined",
            Self::Out => "out",
            Self::Removed => "left",
            Self::Reserve => "reserve",
        })
    }
}

impl ServerSummary {
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
            busy: Duration::ZERO,
            slot_time: Duration::ZERO,
            downtime: Duration::ZERO,
            running: 0,
            since: Duration::ZERO,
            leaves: false,
        }
    }

    /// How much of the time in which they could have been its slots were taken
    /// by calls: 0 to 1.
    #[must_use]
    pub fn busy_share(&self) -> f64 {
        match self.slot_time.is_zero() {
            true => 0.0,
            false => self.busy.as_secs_f64() / self.slot_time.as_secs_f64(),
        }
    }

    /// Brings the times up to now.
    pub(crate) fn advance(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.since);
        self.since = self.since.max(now);
        let times = |n: usize| passed.saturating_mul(u32::try_from(n).unwrap_or(u32::MAX));
        match self.state {
            ServerState::Up => {
                self.busy += times(self.running.min(self.slots));
                self.slot_time += times(self.slots);
            }
            ServerState::Down | ServerState::Quarantined => self.downtime += passed,
            ServerState::Busy | ServerState::Out | ServerState::Removed | ServerState::Reserve => {}
        }
    }
}

impl RunSummary {
    /// The summary as it is now, of a run that may still be on.
    pub(crate) fn up_to_now(mut self) -> Self {
        if let (None, Some(started)) = (self.end, self.started) {
            self.advance(started.elapsed());
        }
        self
    }

    /// Brings the times up to now.
    pub(crate) fn advance(&mut self, now: Duration) {
        self.elapsed = self.elapsed.max(now);
        for server in &mut self.servers {
            server.advance(now);
        }
    }

    /// Returns the number of tasks that are none of done, failed, pending or not run: 0,
    /// unless the dispatcher has a bug.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let known = self.done + self.failed + self.pending + self.not_run;
        self.tasks.saturating_sub(known)
    }

    /// The servers that died during the run, or are out or in quarantine: those
    /// that came back are among them.
    pub fn failed_servers(&self) -> impl Iterator<Item = &ServerSummary> {
        self.servers.iter().filter(|server| {
            let gone = matches!(server.state, ServerState::Out | ServerState::Quarantined);
            server.deaths > 0 || gone
        })
    }

    /// Why the run ended before its tasks did, if it has, in a few words; else only
    /// that it is over.
    #[must_use]
    pub fn end_reason(&self) -> impl fmt::Display {
        if let Some(error) = &self.journal_error {
            return error.to_string();
        }
        let wrong = |server: &ServerSummary| server.state == ServerState::Quarantined;
        match self.end {
            Some(RunEnd::Outage { after }) => {
                format!("every server has been down for {} s", after.as_secs_f64())
            }
            Some(RunEnd::NoServers) if self.servers.iter().all(wrong) => {
                "every server has given a wrong answer".to_owned()
            }
            Some(RunEnd::NoServers) if self.servers.iter().any(wrong) => {
                "every server has refused its calls for good, or given a wrong answer".to_owned()
            }
            Some(RunEnd::NoServers) => "every server has refused its calls for good".to_owned(),
            Some(RunEnd::Drained) => "the run was ended early".to_owned(),
            Some(RunEnd::Completed | RunEnd::Abandoned | RunEnd::JournalFailed) | None => {
                "the run is over".to_owned()
            }
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
