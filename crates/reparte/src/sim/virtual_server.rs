//! A virtual server.

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::{CallId, ServerId};
use crate::plan::event::{Role, ServerConfig, ServerStatus};
use crate::plan::random::SplitMix;

/// Time for which the client waits for the answer to a probe.
pub(super) const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// Time for which the client tries to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1500);
/// Time that a refusal of a connection takes.
const REFUSAL: Duration = Duration::from_millis(1);

/// The reaction of a server to probes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// It reports its status.
    ReportsStatus,
    /// It accepts connections, and reports nothing.
    ConnectOnly,
    /// It can't be probed.
    NotProbed,
}

/// The true state of one server, which the plan can only infer.
#[derive(Clone, Debug)]
pub(super) struct VirtualServer {
    pub(super) kind: Kind,
    /// The plan's knowledge at the start.
    pub(super) config: ServerConfig,
    /// The number of slots in its status.
    pub(super) true_slots: usize,
    pub(super) alive: bool,
    pub(super) hung: bool,
    /// It refuses all calls, or answers them wrongly.
    pub(super) refuses: bool,
    /// All of its answers are malformed.
    pub(super) malformed: bool,
    /// Number of calls that it has had.
    pub(super) calls: u64,
    /// Its calls can't be cancelled.
    pub(super) ignores_cancels: bool,
    /// It computes in one thread: a call waits behind the one before, even if nobody
    /// wants that any more.
    pub(super) is_serial: bool,
    /// Until when it is at work on the calls that it has taken, if it is serial.
    pub(super) busy_until: Duration,
    /// Number of times that it was started anew, of which the instance in its status tells.
    pub(super) starts: u64,
    /// Time that a connection takes to fail while it is dead: a refusal, or a
    /// time-out.
    pub(super) unreachable_after: Duration,
    /// A forwarder takes its connections, and breaks them while it is dead.
    pub(super) is_forwarded: bool,
    /// Calls that would have ended while it hung.
    pub(super) frozen: Vec<CallId>,
    /// The number of the probe that it has not answered.
    pub(super) probe: Option<u64>,
    /// Time since which it hangs or is well.
    pub(super) since: Duration,
    /// It has reported its status to the plan.
    pub(super) known: bool,
    /// The time at which it ends, if it knows that.
    pub(super) ends_at: Option<Duration>,
}

impl VirtualServer {
    /// Draws a server.
    pub(super) fn new(
        slots: usize,
        all_report_status: bool,
        refusals: bool,
        random: &mut SplitMix,
    ) -> Self {
        let kinds = [
            Kind::ReportsStatus,
            Kind::ReportsStatus,
            Kind::ConnectOnly,
            Kind::NotProbed,
        ];
        let kind = match all_report_status {
            true => Kind::ReportsStatus,
            false => kinds[random.below(4) as usize],
        };
        let learns_slots = kind == Kind::ReportsStatus && random.below(2) == 0;
        Self {
            kind,
            config: ServerConfig {
                slots,
                learns_slots,
                has_status: kind != Kind::NotProbed,
                reserve: false,
                role: Role::Server,
            },
            true_slots: slots + random.below(3) as usize,
            alive: true,
            hung: false,
            refuses: refusals && random.below(2) == 0,
            malformed: false,
            calls: 0,
            ignores_cancels: kind == Kind::NotProbed && random.below(2) == 0,
            is_serial: false,
            busy_until: Duration::ZERO,
            starts: 0,
            unreachable_after: [REFUSAL, REFUSAL, CONNECT_TIMEOUT][random.below(3) as usize],
            is_forwarded: false,
            frozen: Vec::new(),
            probe: None,
            since: Duration::ZERO,
            known: false,
            ends_at: None,
        }
    }

    /// Returns a host or a worker of these slots, in which nothing is drawn.
    pub(super) fn with_role(slots: usize, role: Role) -> Self {
        let is_host = role == Role::Host;
        let mut random = SplitMix::new(0);
        let server = Self::new(slots, is_host, false, &mut random);
        Self {
            kind: match is_host {
                true => Kind::ReportsStatus,
                false => Kind::NotProbed,
            },
            config: ServerConfig {
                slots,
                learns_slots: is_host,
                has_status: is_host,
                reserve: false,
                role,
            },
            true_slots: slots,
            ignores_cancels: false,
            ..server
        }
    }

    /// Has the server be a foreign one, which only accepts connections, and computes
    /// in one thread.
    pub(super) fn make_serial(&mut self) {
        self.kind = Kind::ConnectOnly;
        self.config = ServerConfig {
            learns_slots: false,
            has_status: true,
            ..self.config
        };
        self.is_serial = true;
    }

    /// Returns how long a call takes that starts now, and is at work for `work`.
    pub(super) fn takes(&mut self, work: Duration, now: Duration) -> Duration {
        if !self.is_serial {
            return work;
        }
        self.busy_until = self.busy_until.max(now) + work;
        self.busy_until - now
    }

    /// Draws a server in reserve, which can't be probed.
    pub(super) fn in_reserve(random: &mut SplitMix) -> Self {
        let server = Self::new(1, false, false, random);
        Self {
            kind: Kind::NotProbed,
            config: ServerConfig {
                slots: 1,
                learns_slots: false,
                has_status: false,
                reserve: true,
                role: Role::Server,
            },
            ..server
        }
    }

    /// Sets whether the server's machine may go down with it.
    pub(super) fn set_machine_may_go(&mut self, may_go: bool) {
        if !may_go {
            self.unreachable_after = REFUSAL;
        }
    }

    /// Has a forwarder take the server's connections.
    pub(super) fn forward(&mut self) {
        self.is_forwarded = true;
        self.unreachable_after = REFUSAL;
    }

    /// Returns the error of a connection while the server is dead.
    pub(super) fn connect_error(&self) -> ErrorKind {
        match self.unreachable_after < CONNECT_TIMEOUT {
            true if self.is_forwarded => ErrorKind::Interrupted,
            true => ErrorKind::Unreachable,
            false => ErrorKind::Unanswered,
        }
    }

    /// Returns the outcome of a probe now.
    pub(super) fn probe_outcome(
        &self,
        id: ServerId,
        now: Duration,
    ) -> Result<Option<ServerStatus>, ErrorKind> {
        match self.kind {
            _ if !self.alive => Err(self.connect_error()),
            Kind::ReportsStatus if self.hung => Err(ErrorKind::TimedOut),
            Kind::ReportsStatus => Ok(Some(ServerStatus {
                instance: (id.index() as u64) << 32 | self.starts,
                slots: self.true_slots,
                time_left: self.ends_at.map(|end| whole_seconds(end, now)),
            })),
            Kind::ConnectOnly | Kind::NotProbed => Ok(None),
        }
    }

    /// Returns whether the server is alive and does not hang.
    pub(super) fn is_well(&self) -> bool {
        self.alive && !self.hung
    }
}

/// Returns the time until `end` in whole seconds, as a server tells it.
fn whole_seconds(end: Duration, now: Duration) -> Duration {
    Duration::from_secs(end.saturating_sub(now).as_secs())
}
