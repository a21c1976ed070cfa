//! The summary of a run: which server did what.

mod json;
pub(crate) mod server;
pub(crate) mod shared;
mod table;
mod tally;
mod wait_reason;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use untrusted_text::OneLine;

use crate::error::journal::JournalError;
use crate::plan::action::{RunEnd, WaitCause};
use crate::summary::server::{ServerState, ServerSummary};

/// The summary of a run, in progress or ended: which server did what.
///
/// It displays as a table, with a line for each server and one for the whole:
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
    /// The servers, in the order of their addition.
    pub servers: Vec<ServerSummary>,
    /// The number of tasks sent.
    pub tasks: u64,
    /// The number of tasks that have their result.
    pub done: u64,
    /// The number of tasks, among [`done`](Self::done), whose result was in the
    /// [journal](crate::Journal) of an earlier run.
    pub resumed: u64,
    /// The number of tasks that failed: by a fault, given up, or cancelled.
    pub failed: u64,
    /// The number of tasks, among [`failed`](Self::failed), that the caller cancelled: one by
    /// one, all at once, or by the end of a [search](crate::Search).
    pub cancelled: u64,
    /// The number of tasks that wait or run.
    pub pending: u64,
    /// The number of tasks without an answer at the run's early end.
    pub not_run: u64,
    /// The number of calls that ran or may have run: at least one for each answered task.
    pub executions: u64,
    /// The number of calls that were made because an earlier call of the task failed, or its
    /// server no longer responded.
    pub retries: u64,
    /// The number of calls that slots with nothing else to do made for slow tasks.
    pub hedges: u64,
    /// The number of hedges that brought their task's answer.
    pub hedges_won: u64,
    /// The number of hedges that brought nothing.
    pub hedges_lost: u64,
    /// The time that the run has taken.
    pub elapsed: Duration,
    /// The journal's error, if there is one. It ended the run, unless the run had ended
    /// before.
    pub journal_error: Option<Arc<JournalError>>,
    /// The wait of a run in progress in which no server takes calls, once it has lasted for some
    /// seconds.
    pub waiting: Option<Waiting>,
    /// No more calls are started: the run was [drained](crate::Handle::drain), or has
    /// [halted](crate::Options::halt).
    pub is_stopping: bool,
    /// The kind of the run's end; None while it is in progress.
    pub(crate) end: Option<RunEnd>,
    /// The start of the run; None in a summary of no run.
    pub(crate) started: Option<Instant>,
}

/// A time in which tasks wait, and no server is to take them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// The reason.
    pub cause: WaitCause,
    /// The time since the start of the run at which it began.
    pub since: Duration,
    /// The time since the start of the run at which the run ends if nothing changes, or those
    /// tasks whose failures a [second opinion](WaitCause::SecondOpinion) is to confirm; `None` if
    /// the wait does not end them.
    pub until: Option<Duration>,
}

impl RunSummary {
    /// Returns the summary with its times brought up to now, if the run is in progress.
    pub(crate) fn up_to_now(mut self) -> Self {
        if let (None, Some(started)) = (self.end, self.started) {
            self.advance(started.elapsed());
        }
        self
    }

    /// Brings the times up to `now`, the time since the start of the run.
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

    /// Returns the servers that died during the run, those that came back included, and
    /// those that are out, suspected or in quarantine.
    pub fn failed_servers(&self) -> impl Iterator<Item = &ServerSummary> {
        self.servers.iter().filter(|server| {
            let gone = matches!(
                server.state,
                ServerState::Out
                    | ServerState::Suspected
                    | ServerState::Failing
                    | ServerState::Quarantined
            );
            server.deaths > 0 || gone
        })
    }

    /// Returns true if the run ended because of the number of failed tasks:
    /// see [`Options::halt`](crate::Options::halt).
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.end == Some(RunEnd::Halted)
    }

    /// Returns the reason why the run ended before its tasks did, as a clause such as "every
    /// server has been down for 5 s"; in any other case "the run is over".
    #[must_use]
    pub fn end_reason(&self) -> impl fmt::Display {
        if let Some(error) = &self.journal_error {
            return error.to_string();
        }
        let wrong = |server: &ServerSummary| server.state == ServerState::Quarantined;
        match self.end {
            Some(RunEnd::Outage { after }) => {
                let up = |server: &ServerSummary| {
                    matches!(
                        server.state,
                        ServerState::Busy | ServerState::Suspected | ServerState::Failing
                    )
                };
                let what = match self.servers.iter().any(up) {
                    true => "no server has given a result",
                    false => "every server has been down",
                };
                format!("{what} for {} s", after.as_secs_f64())
            }
            Some(RunEnd::NoServers) if self.servers.iter().all(wrong) => {
                "every server has given a wrong answer".to_owned()
            }
            Some(RunEnd::NoServers) if self.servers.iter().any(wrong) => {
                "every server refuses the calls of this run, or has given a wrong answer".to_owned()
            }
            Some(RunEnd::NoServers) => "every server refuses the calls of this run".to_owned(),
            Some(RunEnd::Drained) => "the run was ended early".to_owned(),
            Some(RunEnd::Halted) => format!("{} tasks had failed", self.failed),
            Some(RunEnd::Completed | RunEnd::Abandoned | RunEnd::JournalFailed) | None => {
                "the run is over".to_owned()
            }
        }
    }

    /// Writes a line for each server, with its last error.
    pub(crate) fn write_last_errors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for server in &self.servers {
            write!(f, "\n  {}: ", OneLine::new(&server.name))?;
            match &server.last_error {
                Some(error) => write!(f, "{error}")?,
                None => f.write_str("no error")?,
            }
        }
        Ok(())
    }
}
