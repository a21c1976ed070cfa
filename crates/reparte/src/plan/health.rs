//! The health of the servers: which may get calls, and when the others are
//! tried again.
//!
//! A server that fails is set aside for a random, exponentially growing time.
//! Then it is probed, or one call is its trial. The probe is enough where the
//! server could not be reached; after other failures, only a call shows that it
//! works. So a dead server, which fails fastest, does not consume the queue.
//!
//! | state | event | new state |
//! | --- | --- | --- |
//! | `Reserve` | no other server is left, or has enough time left | `Up` |
//! | `Up` | a call is lost, a probe fails, its calls are refused, or it is suspected | `Aside` |
//! | `Aside` | its time has come, and a probe is enough | `Probing` |
//! | `Aside` | its time has come, and a trial is needed | `TrialDue` |
//! | `Probing` | it reports its status | `Up` |
//! | `Probing` | it reports its status, and has become suspected | `TrialDue` |
//! | `Probing` | it accepts the connection and reports nothing | `TrialDue` |
//! | `Probing` | the probe fails | `Aside` |
//! | `TrialDue` | a call starts | `OnTrial` |
//! | `TrialDue` | an earlier call is answered | `Up` |
//! | `TrialDue` | a probe fails | `Aside` |
//! | `OnTrial` | a call is answered | `Up` |
//! | `OnTrial` | the trial or a probe fails | `Aside` |
//! | `OnTrial` | the trial returns, and says nothing | `TrialDue` |
//! | `Aside`, `TrialDue`, `OnTrial` | it is suspected no longer | `Up` |
//! | `Aside` | every server is asked once more before the run ends | `Probing` or `TrialDue` |
//! | `Up`, `Probing` | it reports the instance of another server that is alive | `Alias` |
//! | `Alias` | it reports the instance of no other server that is alive | `Up` |
//! | `Alias` | a call or a probe fails | `Aside` |
//! | any | it is removed, or gave a wrong answer | `Out` |
//!
//! While a server is in `Aside` or `Probing`, answers to earlier calls do not
//! change its state: they may have been sent before it failed.

mod expectation;
mod pause;
mod probed;
mod suspicion;
mod worker_counts;
mod workers;

use std::time::Duration;

use crate::ids::ServerId;
use crate::plan::action::AsideReason;
use crate::plan::backoff::Backoff;
use crate::plan::event::{Role, ServerConfig};
use crate::plan::failures::ServerFailure;
use crate::plan::health::pause::Pause;
use crate::plan::health::worker_counts::WorkerCounts;
use crate::plan::timers::Timers;

/// A call that fails sooner fails at once.
const AT_ONCE: Duration = Duration::from_secs(1);
/// Number of times in a row that calls break at once, before only a trial shows
/// that the server works.
const BREAKS: u32 = 5;

/// The health of every server.
#[derive(Debug)]
pub(super) struct Health {
    servers: Vec<ServerHealth>,
    /// The ends of the `Aside` states.
    timers: Timers,
    backoff: Backoff,
    /// Since when each server is not alive, unless that has lapsed.
    down: Timers,
    /// Number of servers that are alive: up, an alias, busy for a time that they name, or
    /// suspected servers that give faults.
    alive: usize,
    /// Number of servers that are up.
    up: usize,
    /// Number of servers that are busy by their own word.
    busy: usize,
    /// Number of servers that are out or in reserve.
    unused: usize,
    /// Number of servers that take no call of this client.
    refused: usize,
    /// Number of workers, of all hosts.
    workers: usize,
}

/// The state of one server. The module's table has its transitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// All slots are used.
    Up,
    /// No slot is used for some time.
    Aside,
    /// No slot is used until the probe has returned.
    Probing,
    /// One slot may be used, as a trial.
    TrialDue,
    /// One slot is used, as a trial.
    OnTrial,
    /// The server gets no more calls in this run.
    Out,
    /// The server gets no calls until no other is left.
    Reserve,
    /// The server gets no calls while another one is the same instance.
    Alias,
}

#[derive(Debug)]
struct ServerHealth {
    state: State,
    /// The end of the `Aside` state. `None` in other states.
    aside_until: Option<Duration>,
    can_be_probed: bool,
    /// The reason for which it is set aside, if it is not up.
    reason: AsideReason,
    /// It is alive, though not up.
    answers: bool,
    /// Only an answer to a call shows that it works.
    needs_trial: bool,
    /// It is suspected: it needs a trial, whatever else befalls it.
    suspected: bool,
    /// Since when it is not alive, unless that has lapsed.
    down_since: Option<Duration>,
    /// It has taken a connection in this run, or is a worker, which has told of itself.
    was_reached: bool,
    /// Number of failures in a row.
    failures: u32,
    /// Number of times in a row that its calls broke at once.
    breaks: u32,
    /// Number of times that the server was set aside. A failed call that started
    /// in an earlier epoch says nothing new about the server.
    epoch: u32,
    role: Role,
    /// The workers of a host that are there.
    workers: WorkerCounts,
}

/// The health of a server when a call on it started.
#[derive(Clone, Copy, Debug)]
pub(super) struct HealthAtStart {
    /// The call is the server's trial.
    pub(super) trial: bool,
    epoch: u32,
}

/// The decision to set a server aside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Aside {
    pub(super) until: Duration,
    pub(super) reason: AsideReason,
}

impl Health {
    /// Creates the health of no servers. The seed is for the random pauses.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            servers: Vec::new(),
            timers: Timers::default(),
            backoff: Backoff::new(seed),
            down: Timers::default(),
            alive: 0,
            up: 0,
            busy: 0,
            unused: 0,
            refused: 0,
            workers: 0,
        }
    }

    /// Adds a server, in state `Up` or `Reserve`, and returns its number.
    pub(super) fn add_server(&mut self, config: ServerConfig) -> ServerId {
        let id = ServerId::new(self.servers.len());
        let state = match config.reserve {
            true => State::Reserve,
            false => State::Up,
        };
        let server = ServerHealth {
            state,
            aside_until: None,
            can_be_probed: config.has_status,
            reason: AsideReason::Died,
            answers: false,
            needs_trial: false,
            suspected: false,
            down_since: None,
            was_reached: config.role.host().is_some(),
            failures: 0,
            breaks: 0,
            epoch: 0,
            role: config.role,
            workers: WorkerCounts::default(),
        };
        self.servers.push(server);
        self.count_new(id);
        id
    }

    pub(super) fn state(&self, server: ServerId) -> State {
        self.servers[server.index()].state
    }

    /// Returns when the next server's time aside ends, and which server.
    pub(super) fn next_timer(&self) -> Option<(Duration, ServerId)> {
        self.timers.first()
    }

    /// Ends the server's time aside, if it has come. Returns the new state then:
    /// `Probing` or `TrialDue`.
    pub(super) fn end_aside(&mut self, server: ServerId, now: Duration) -> Option<State> {
        let ended = self.servers[server.index()].aside_until? <= now;
        ended.then(|| {
            self.edit(server, None, |server| {
                server.state = match server.can_be_probed && !server.needs_trial {
                    true => State::Probing,
                    false => State::TrialDue,
                };
                server.state
            })
        })
    }

    pub(super) fn role(&self, server: ServerId) -> Role {
        self.servers[server.index()].role
    }

    /// Records that a call starts on the server. Makes it the trial if one is
    /// due.
    pub(super) fn call_started(&mut self, server: ServerId) -> HealthAtStart {
        let server = &mut self.servers[server.index()];
        let trial = server.state == State::TrialDue;
        if trial {
            server.state = State::OnTrial;
        }
        HealthAtStart {
            trial,
            epoch: server.epoch,
        }
    }

    /// Records that a call has returned. Makes a trial due again if this was
    /// one; what the call says about the server follows.
    pub(super) fn call_returned(&mut self, server: ServerId, health_at_start: HealthAtStart) {
        let server = &mut self.servers[server.index()];
        if health_at_start.trial
            && server.state == State::OnTrial
            && server.epoch == health_at_start.epoch
        {
            server.state = State::TrialDue;
        }
    }

    /// Records that the server has answered a call. Returns whether it is up
    /// again by that.
    pub(super) fn call_answered(&mut self, server: ServerId) -> bool {
        let back = matches!(self.state(server), State::TrialDue | State::OnTrial);
        if back {
            self.edit(server, None, ServerHealth::take_back);
        }
        let server = &mut self.servers[server.index()];
        if server.state == State::Up {
            server.failures = 0;
            server.breaks = 0;
        }
        back
    }

    /// Decides on a server whose call, started at `started`, has failed. Returns
    /// `None` if the call says nothing new.
    pub(super) fn call_failed(
        &mut self,
        server: ServerId,
        health_at_start: HealthAtStart,
        failure: ServerFailure,
        started: Duration,
        now: Duration,
    ) -> Option<Aside> {
        let failed = &mut self.servers[server.index()];
        if failed.state == State::Out || failed.epoch != health_at_start.epoch {
            return None;
        }
        let at_once = now.saturating_sub(started) < AT_ONCE;
        failed.breaks += u32::from(at_once && failure.is_break);
        let breaks_always = failed.breaks >= BREAKS;
        failed.needs_trial = breaks_always || failed.suspected || failure.needs_trial;
        Some(self.set_aside(server, failure.into(), now))
    }

    /// Takes the server out of the run. Returns false if it was out before.
    pub(super) fn mark_out(&mut self, server: ServerId) -> bool {
        let new = self.state(server) != State::Out;
        self.edit(server, None, |server| server.state = State::Out);
        new
    }

    /// Puts the servers in reserve to use, and returns them.
    pub(super) fn use_reserve(&mut self) -> Vec<ServerId> {
        let servers = (0..self.servers.len()).map(ServerId::new);
        let reserve: Vec<_> = servers
            .filter(|&server| self.state(server) == State::Reserve)
            .collect();
        for &server in &reserve {
            self.edit(server, None, |server| server.state = State::Up);
        }
        reserve
    }

    /// Sets the server aside for a random time.
    fn set_aside(&mut self, server: ServerId, pause: Pause, now: Duration) -> Aside {
        let Pause {
            reason,
            answers,
            at_least,
        } = pause;
        let failures = self.servers[server.index()].failures.saturating_add(1);
        let until = self.backoff.pause(failures).max(at_least);
        let until = now.saturating_add(until);
        let was_alive = self.servers[server.index()].is_alive();
        let aside = self.edit(server, Some(until), |server| {
            server.state = State::Aside;
            server.reason = reason;
            server.answers = answers;
            server.failures = failures;
            server.epoch = server.epoch.wrapping_add(1);
            let reason = match reason {
                AsideReason::Died | AsideReason::Hung if !was_alive => AsideReason::StillDown,
                reason => reason,
            };
            Aside { until, reason }
        });
        let down = &mut self.servers[server.index()];
        if !down.is_alive() && (was_alive || down.down_since.is_some()) {
            let since = down.down_since.unwrap_or(now);
            self.down.set(server, &mut down.down_since, Some(since));
        }
        aside
    }

    /// Changes a server's state and the end of its time aside, and keeps the
    /// timers and the counts in step.
    fn edit<T>(
        &mut self,
        server: ServerId,
        aside_until: Option<Duration>,
        change: impl FnOnce(&mut ServerHealth) -> T,
    ) -> T {
        self.discount(server);
        let changed = change(&mut self.servers[server.index()]);
        self.count(server);
        let edited = &mut self.servers[server.index()];
        if edited.is_alive() || edited.is_unused() {
            self.down.set(server, &mut edited.down_since, None);
        }
        self.timers
            .set(server, &mut edited.aside_until, aside_until);
        changed
    }
}

impl ServerHealth {
    fn is_alive(&self) -> bool {
        match self.state {
            State::Up | State::Alias => true,
            State::Out | State::Reserve => false,
            State::Aside | State::Probing | State::TrialDue | State::OnTrial => self.answers,
        }
    }

    fn is_busy(&self) -> bool {
        self.is_set_aside() && self.reason == AsideReason::Busy
    }

    fn is_refused(&self) -> bool {
        self.is_set_aside() && self.reason == AsideReason::Refused
    }

    fn is_set_aside(&self) -> bool {
        !matches!(
            self.state,
            State::Up | State::Out | State::Reserve | State::Alias
        )
    }

    fn is_unused(&self) -> bool {
        matches!(self.state, State::Out | State::Reserve)
    }

    fn take_back(&mut self) {
        self.state = State::Up;
        self.answers = false;
        self.needs_trial = false;
        self.suspected = false;
    }
}

#[cfg(test)]
mod tests;
