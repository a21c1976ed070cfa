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
//! | `Reserve` | no other server is left | `Up` |
//! | `Up` | a call or a probe fails | `Aside` |
//! | `Aside` | its time has come, and a probe is enough | `Probing` |
//! | `Aside` | its time has come, and a trial is needed | `TrialDue` |
//! | `Probing` | it reports its status | `Up` |
//! | `Probing` | it accepts the connection and reports nothing | `TrialDue` |
//! | `Probing` | the probe fails | `Aside` |
//! | `TrialDue` | a call starts | `OnTrial` |
//! | `TrialDue` | an earlier call is answered | `Up` |
//! | `TrialDue` | a probe fails | `Aside` |
//! | `OnTrial` | a call is answered | `Up` |
//! | `OnTrial` | the trial or a probe fails | `Aside` |
//! | `OnTrial` | the trial returns, and says nothing | `TrialDue` |
//! | any | it is removed, or is of no use to the run | `Out` |
//!
//! While a server is in `Aside` or `Probing`, answers to earlier calls do not
//! change its state: they may have been sent before it failed.

use std::time::Duration;

use crate::ids::ServerId;
use crate::plan::action::AsideReason;
use crate::plan::backoff::Backoff;
use crate::plan::event::ServerConfig;
use crate::plan::failures::ServerFailure;
use crate::plan::heartbeat::Silence;
use crate::plan::timers::Timers;

/// A call that fails sooner fails at once.
const AT_ONCE: Duration = Duration::from_secs(1);
/// Number of calls in a row that fail at once, by the server's own failure,
/// before it is quarantined.
const STRIKES: u32 = 5;
/// Shortest time for which a quarantined server is set aside.
const QUARANTINE: Duration = Duration::from_secs(60);

/// The health of every server.
#[derive(Debug)]
pub(super) struct Health {
    servers: Vec<ServerHealth>,
    /// The ends of the `Aside` states.
    timers: Timers,
    backoff: Backoff,
    /// Number of servers that are alive: up, or busy by their own word.
    alive: usize,
    /// Number of servers that are up.
    up: usize,
    /// Number of servers that are out or in reserve.
    unused: usize,
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
}

#[derive(Debug)]
struct ServerHealth {
    state: State,
    /// The end of the `Aside` state. `None` in other states.
    aside_until: Option<Duration>,
    can_be_probed: bool,
    /// It has said that it is busy: alive, though not up.
    busy: bool,
    /// Only an answer to a call shows that it works.
    needs_trial: bool,
    /// Number of failures in a row.
    failures: u32,
    /// Number of calls in a row that failed at once by the server's own failure.
    strikes: u32,
    /// Number of times that the server was set aside. A failed call that started
    /// in an earlier epoch says nothing new about the server.
    epoch: u32,
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
            alive: 0,
            up: 0,
            unused: 0,
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
            busy: false,
            needs_trial: false,
            failures: 0,
            strikes: 0,
            epoch: 0,
        };
        self.alive += usize::from(server.is_alive());
        self.up += usize::from(server.state == State::Up);
        self.unused += usize::from(server.is_unused());
        self.servers.push(server);
        id
    }

    pub(super) fn state(&self, server: ServerId) -> State {
        self.servers[server.index()].state
    }

    /// Returns whether some server is up, or alive though busy.
    pub(super) fn any_alive(&self) -> bool {
        self.alive > 0
    }

    /// Returns whether some server is up.
    pub(super) fn any_up(&self) -> bool {
        self.up > 0
    }

    /// Returns whether some server is busy by its own word.
    pub(super) fn any_busy(&self) -> bool {
        self.alive > self.up
    }

    /// Returns whether every server is out or in reserve.
    pub(super) fn all_unused(&self) -> bool {
        self.unused == self.servers.len()
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
            server.strikes = 0;
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
        failed.strikes += u32::from(at_once && failure.is_its_own);
        let quarantine = failed.strikes >= STRIKES;
        failed.needs_trial = quarantine || failure.needs_trial;
        let (reason, at_least) = match quarantine {
            true => (AsideReason::Suspected, QUARANTINE),
            false => (failure.reason, failure.at_least),
        };
        Some(self.set_aside(server, reason, at_least, now))
    }

    /// Decides on a server that a probe has found silent: whether it is set
    /// aside, and whether its calls are doubted.
    pub(super) fn probe_failed(
        &mut self,
        server: ServerId,
        silence: Silence,
        now: Duration,
    ) -> (Option<Aside>, bool) {
        let doubts_calls = match self.state(server) {
            State::Aside | State::Reserve => return (None, false),
            State::Out => return (None, silence.may_lose_calls),
            State::Probing => silence.is_long,
            State::Up | State::TrialDue | State::OnTrial => silence.may_lose_calls,
        };
        self.servers[server.index()].needs_trial = false;
        let aside = self.set_aside(server, silence.reason, Duration::ZERO, now);
        (Some(aside), doubts_calls)
    }

    /// Records that the server has reported its status. Returns whether it is
    /// up again by that.
    pub(super) fn status_reported(&mut self, server: ServerId) -> bool {
        let back = self.state(server) == State::Probing;
        if back {
            self.edit(server, None, ServerHealth::take_back);
        }
        back
    }

    /// Records that the server accepts connections, and reports nothing. Returns
    /// whether a trial is due by that.
    pub(super) fn connected(&mut self, server: ServerId) -> bool {
        let server = &mut self.servers[server.index()];
        let due = server.state == State::Probing;
        if due {
            server.state = State::TrialDue;
        }
        due
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

    /// Sets the server aside for a random time, and at least for `at_least`.
    fn set_aside(
        &mut self,
        server: ServerId,
        reason: AsideReason,
        at_least: Duration,
        now: Duration,
    ) -> Aside {
        let failures = self.servers[server.index()].failures.saturating_add(1);
        let pause = self.backoff.pause(failures).max(at_least);
        let until = now.saturating_add(pause);
        self.edit(server, Some(until), |server| {
            let was_alive = server.is_alive();
            server.state = State::Aside;
            server.busy = reason == AsideReason::Busy;
            server.failures = failures;
            server.epoch = server.epoch.wrapping_add(1);
            let reason = match reason {
                AsideReason::Died | AsideReason::Hung if !was_alive => AsideReason::StillDown,
                reason => reason,
            };
            Aside { until, reason }
        })
    }

    /// Changes a server's state and the end of its time aside, and keeps the
    /// timers and the counts in step.
    fn edit<T>(
        &mut self,
        server: ServerId,
        aside_until: Option<Duration>,
        change: impl FnOnce(&mut ServerHealth) -> T,
    ) -> T {
        let edited = &mut self.servers[server.index()];
        self.alive -= usize::from(edited.is_alive());
        self.up -= usize::from(edited.state == State::Up);
        self.unused -= usize::from(edited.is_unused());
        let changed = change(edited);
        self.alive += usize::from(edited.is_alive());
        self.up += usize::from(edited.state == State::Up);
        self.unused += usize::from(edited.is_unused());
        self.timers
            .set(server, &mut edited.aside_until, aside_until);
        changed
    }
}

impl ServerHealth {
    fn is_alive(&self) -> bool {
        match self.state {
            State::Up => true,
            State::Out | State::Reserve => false,
            State::Aside | State::Probing | State::TrialDue | State::OnTrial => self.busy,
        }
    }

    fn is_unused(&self) -> bool {
        matches!(self.state, State::Out | State::Reserve)
    }

    fn take_back(&mut self) {
        self.state = State::Up;
        self.busy = false;
        self.needs_trial = false;
    }
}

#[cfg(test)]
mod tests;
