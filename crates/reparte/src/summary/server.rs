//! The part of one server in the summary of a run.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::call::CallError;

/// The part of one server in a [`RunSummary`](crate::RunSummary).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerSummary {
    /// The server's name.
    pub name: Arc<str>,
    /// The name of the server that has the slots, if it is a
    /// [worker](crate::Destino::has_workers) of that. What it does is counted there too, but for
    /// results and failures.
    pub host: Option<Arc<str>>,
    /// The number of calls that it takes at a time; 0 for a worker.
    pub slots: usize,
    /// The number of tasks whose result came from it.
    pub tasks: u64,
    /// The number of calls that ran there or may have run, those in flight included.
    pub executions: u64,
    /// The number of failed calls by the [name of their kind](crate::ErrorKind::name).
    pub failures: BTreeMap<&'static str, u64>,
    /// The last failure that was the server's own, or for which it is suspected.
    pub last_error: Option<CallError>,
    /// The last fault.
    pub(crate) last_fault: Option<CallError>,
    /// The name of the server in use that is the same instance, if it is an
    /// [alias](ServerState::Alias).
    pub alias_of: Option<Arc<str>>,
    /// The server's state.
    pub state: ServerState,
    /// The number of times that it went from up to down. Being busy does not count.
    pub deaths: u64,
    /// The number of [`deaths`](Self::deaths) that were silences: nothing answered, and the
    /// machine or the network may have been away.
    pub silences: u64,
    /// The time for which its slots were taken by calls, summed over the slots.
    pub busy: Duration,
    /// The time for which it was in use, summed over its slots.
    pub slot_time: Duration,
    /// The time for which it was set aside, on trial or in quarantine. Being busy does not
    /// count.
    pub downtime: Duration,
    /// The number of calls that have not returned.
    pub running: usize,
    /// The time since the start of the run up to which the times above are known.
    pub(crate) since: Duration,
    /// The caller has removed it: its end as a server is no failure.
    pub(crate) removed: bool,
    /// It has not enough time left for a call.
    pub(crate) is_ending: bool,
}

/// The state of a server in a run.
///
/// | from | to | when |
/// | --- | --- | --- |
/// | `Up` | `Down` | a call or a status request fails |
/// | `Up` | `Busy` | the server answers that it is busy |
/// | `Up` | `Suspected` | its calls fail, and others' succeed, or several of its own in a row |
/// | any | `Out` | it refuses calls, or does not serve the function |
/// | `Down`, `Busy` | `Failing` | it answers, and neither by a result nor by a fault |
/// | `Down`, `Busy`, `Suspected`, `Failing`, `Out` | `Up` | the server gives a result, or its status if it was down |
/// | `Down`, `Busy`, `Suspected`, `Failing` | `Down`, `Busy`, `Suspected`, `Failing` | it fails again |
/// | `Reserve` | `Up` | no other server is left |
/// | `Up` | `Ending` | a call would not end in the time that it has left, by the median |
/// | `Ending` | `Up` | it would, after all |
/// | `Up`, `Ending`, `Down` | `Ended` | its time is over, and it no longer responds |
/// | `Up`, `Down` | `Alias` | it is the same instance as another server, which is in use |
/// | `Alias` | `Up` | the other one is down, or another instance |
/// | `Alias` | `Down` | a call or a status request fails |
/// | any | `Quarantined` | it gave a [wrong](crate::ErrorKind::Wrong) result; it stays so |
/// | any | `Removed` | the caller [removes](crate::Handle::remove_server) it |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerState {
    /// In use.
    Up,
    /// Set aside after a failure, and tried again from time to time.
    Down,
    /// Set aside because it said that it is busy, and tried again when it asked to be.
    Busy,
    /// In quarantine for the rest of the run, because one of its results was
    /// [wrong](crate::ErrorKind::Wrong).
    Quarantined,
    /// Out: it refused a call, or does not serve the function. It is tried again each minute.
    Out,
    /// [Removed](crate::Handle::remove_server) from the run. Displays as `left`.
    Removed,
    /// A [fallback](crate::RepartidorBuilder::fallback) that is not in use yet.
    Reserve,
    /// On trial, because its calls fail while others' succeed, or several of its own in a
    /// row: it gets one waiting task at a time, and a failure there is not the task's end.
    /// Its [last error](ServerSummary::last_error) says how they fail.
    Suspected,
    /// It was down or busy, and answers again, but not by a result or a fault: its answers
    /// can't be read, or are those of a proxy. It gets one task at a time. Its [last
    /// error](ServerSummary::last_error) says how they fail.
    Failing,
    /// It gets no more calls, since the median of them would not end in the [time that it has
    /// left](crate::Status::time_left). Its calls in flight go on.
    Ending,
    /// Its time is over, as it had said, and it no longer responds. It is tried again from time to
    /// time, as if it was down.
    Ended,
    /// It is the same instance as [another server](ServerSummary::alias_of), which is in use: it
    /// gets no calls under this name. Its calls in flight go on.
    Alias,
}

impl fmt::Display for ServerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Busy => "busy",
            Self::Suspected => "suspected",
            Self::Failing => "failing",
            Self::Quarantined => "quarantined",
            Self::Out => "out",
            Self::Removed => "left",
            Self::Reserve => "reserve",
            Self::Ending => "ending",
            Self::Ended => "ended",
            Self::Alias => "alias",
        })
    }
}

impl ServerSummary {
    /// Creates the summary of a server that has made no calls, at the start of a run.
    pub(crate) fn new(name: Arc<str>, slots: usize, state: ServerState) -> Self {
        Self {
            name,
            host: None,
            slots,
            tasks: 0,
            executions: 0,
            failures: BTreeMap::new(),
            last_error: None,
            last_fault: None,
            alias_of: None,
            state,
            deaths: 0,
            silences: 0,
            busy: Duration::ZERO,
            slot_time: Duration::ZERO,
            downtime: Duration::ZERO,
            running: 0,
            since: Duration::ZERO,
            removed: false,
            is_ending: false,
        }
    }

    /// Creates the summary of a worker that turns up at this time.
    pub(crate) fn of_worker(name: Arc<str>, host: Arc<str>, now: Duration) -> Self {
        Self {
            host: Some(host),
            since: now,
            ..Self::new(name, 0, ServerState::Up)
        }
    }

    /// Returns the share of its time in use for which its slots were taken by calls: 0 to 1.
    #[must_use]
    pub fn busy_share(&self) -> f64 {
        match self.slot_time.is_zero() {
            true => 0.0,
            false => self.busy.as_secs_f64() / self.slot_time.as_secs_f64(),
        }
    }

    /// Records that it is up, so far as the time that it has left lets it be.
    pub(crate) fn set_up(&mut self) {
        self.alias_of = None;
        self.state = match self.is_ending {
            true => ServerState::Ending,
            false => ServerState::Up,
        };
    }

    /// Brings the times up to `now`, the time since the start of the run. To be called
    /// before any change of its state, slots or running calls.
    pub(crate) fn advance(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.since);
        self.since = self.since.max(now);
        let times = |n: usize| passed.saturating_mul(u32::try_from(n).unwrap_or(u32::MAX));
        match self.state {
            ServerState::Up => {
                self.busy += times(self.running.min(self.slots));
                self.slot_time += times(self.slots);
            }
            // It is in use for the calls that it still has.
            ServerState::Ending | ServerState::Alias => {
                let running = times(self.running.min(self.slots));
                self.busy += running;
                self.slot_time += running;
            }
            ServerState::Down
            | ServerState::Suspected
            | ServerState::Failing
            | ServerState::Quarantined => {
                self.downtime += passed;
            }
            ServerState::Busy
            | ServerState::Out
            | ServerState::Removed
            | ServerState::Reserve
            | ServerState::Ended => {}
        }
    }
}
