//! The heartbeat: when a server is probed, and what its silence means.
//!
//! A server's [protocol level](super::protocol) decides how it is probed.
//!
//! A server at level `Status` or `Unknown` is probed every second, and hangs if
//! it does not answer for two. A server at level `ConnectOnly` may compute and
//! accept connections in one thread, as Python's does: until it accepts again,
//! each probe takes a place in its short queue of connections. So it is probed
//! on demand: when a call takes long, at growing intervals, and a few times at
//! most. So is a server at level `Silent`, which is also probed while it has no
//! calls.

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::ServerId;
use crate::plan::action::AsideReason;
use crate::plan::event::{ServerConfig, ServerStatus};
use crate::plan::instances::{Instances, Seen};
use crate::plan::protocol::Protocol;
use crate::plan::timers::Timers;

/// Time from one probe to the next.
const INTERVAL: Duration = Duration::from_secs(1);
/// Longest time from a probe to its answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Number of probes that a server leaves unanswered before the answers to its
/// calls are no reason for another one.
const SILENT_PROBES: u8 = 3;
/// Number of probes on demand before the server has answered a call: fewer than
/// the 5 places in the queue of Python's server.
const DEMANDED_PROBES: u32 = 4;

/// The probes of every server.
#[derive(Debug, Default)]
pub(super) struct Heartbeat {
    servers: Vec<ServerHeartbeat>,
    probe_timers: Timers,
    overdue_timers: Timers,
}

#[derive(Debug)]
struct ServerHeartbeat {
    protocol: Protocol,
    /// The number of slots in its status replaces the configured one.
    learns_slots: bool,
    can_be_probed: bool,
    /// The time at which the probe whose outcome is awaited was sent.
    sent_at: Option<Duration>,
    /// The time at which the next probe is to be considered. `None` if `can_be_probed` is
    /// false.
    probe_at: Option<Duration>,
    /// The time at which the outcome of the probe is overdue.
    overdue_at: Option<Duration>,
    /// The instances that it has reported.
    instances: Instances,
    /// Since when it is known to be the instance in `protocol`.
    instance_since: Duration,
    /// The time at which it last answered a probe.
    heard_at: Duration,
    /// The time at which the last probe was sent that it has answered with its status.
    reported_to: Option<Duration>,
    /// The time at which it first reported its present instance, if it had reported another one.
    changed_at: Option<Duration>,
    /// Number of probes on demand since it last answered a call.
    demanded: u32,
}

/// A probe that needs attention, because its time has come.
#[derive(Clone, Copy, Debug)]
pub(super) enum ProbeTimer {
    /// The answer of the server to its last probe is overdue.
    Overdue(ServerId),
    /// The next probe of the server is to be considered.
    Due(ServerId),
}

/// The meaning of a probe's failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProbeFailure {
    /// The server may be occupied by a call: it accepts connections.
    Occupied,
    /// The server does not respond.
    Silent(Silence),
}

/// The properties of a server's silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Silence {
    /// The reason for which the server is set aside if it is in use.
    pub(super) reason: AsideReason,
    /// The calls of a server in use may be lost. Otherwise they are about to
    /// end.
    pub(super) may_lose_calls: bool,
    /// The silence is so long that the calls of a server set aside may be lost.
    pub(super) is_long: bool,
}

/// The difference of a server's status from what was known.
#[derive(Clone, Copy, Debug)]
pub(super) struct StatusChange {
    /// It was restarted: calls that started before that time are lost.
    pub(super) restarted: Option<Duration>,
    /// Several instances report at its address, as is new.
    pub(super) several: bool,
    /// The instance in its last status before.
    pub(super) instance_before: Option<u64>,
    /// The number of slots that replaces the configured one.
    pub(super) slots: Option<usize>,
}

impl Heartbeat {
    /// Adds a server, whose first probe is due at once if it can be probed.
    pub(super) fn add_server(&mut self, config: ServerConfig, now: Duration) {
        let server = ServerId::new(self.servers.len());
        self.servers.push(ServerHeartbeat {
            protocol: Protocol::Unknown,
            learns_slots: config.learns_slots,
            can_be_probed: config.has_status,
            sent_at: None,
            probe_at: None,
            overdue_at: None,
            instances: Instances::default(),
            instance_since: now,
            heard_at: now,
            reported_to: None,
            changed_at: None,
            demanded: 0,
        });
        self.probe_at(server, Some(now));
    }

    /// Returns when the next probe is to be considered or overdue, and for which
    /// server.
    pub(super) fn next_timer(&self) -> Option<(Duration, ServerId)> {
        let timers = [self.probe_timers.first(), self.overdue_timers.first()];
        timers.into_iter().flatten().min()
    }

    /// Clears the server's timers whose time has come, and returns them. While
    /// the outcome of a probe is awaited no other is due: what comes of that one
    /// decides when the next is.
    pub(super) fn fire_timers(
        &mut self,
        server: ServerId,
        now: Duration,
    ) -> impl Iterator<Item = ProbeTimer> + use<> {
        let come = |time: Option<Duration>| time.is_some_and(|at| at <= now);
        let overdue = come(self.get(server).overdue_at);
        if overdue {
            self.overdue_at(server, None);
        }
        let due = come(self.get(server).probe_at);
        if due {
            self.probe_at(server, None);
        }
        let due = due && self.get(server).sent_at.is_none();
        let timers = [
            overdue.then_some(ProbeTimer::Overdue(server)),
            due.then_some(ProbeTimer::Due(server)),
        ];
        timers.into_iter().flatten()
    }

    /// Makes a probe due, after the server was set aside. `needed`: only a probe
    /// can take the server back.
    pub(super) fn end_aside(&mut self, server: ServerId, needed: bool, now: Duration) {
        if needed || self.get(server).protocol != Protocol::ConnectOnly {
            self.probe_at(server, Some(now));
        }
    }

    /// Decides whether a probe that is to be considered is sent, and records it
    /// as sent. `needed`: only a probe can take the server back. `oldest_call`:
    /// when the oldest call on the server started; a call is slow `slow_after`.
    pub(super) fn send_probe(
        &mut self,
        server: ServerId,
        needed: bool,
        oldest_call: Option<Duration>,
        slow_after: Duration,
        now: Duration,
    ) -> bool {
        let probed = self.get(server);
        // A silent server may be occupied by its calls, and answer without any.
        let may_answer = probed.protocol != Protocol::ConnectOnly && oldest_call.is_none();
        let unasked = !probed.protocol.is_probed_on_demand() || needed || may_answer;
        if !unasked && !self.is_demanded(server, oldest_call, slow_after, now) {
            return false;
        }
        self.servers[server.index()].sent_at = Some(now);
        self.overdue_at(server, now.checked_add(PATIENCE));
        true
    }

    /// Returns whether a call on a server that is probed on demand has taken
    /// long. Otherwise has the probe considered again when it will have.
    fn is_demanded(
        &mut self,
        server: ServerId,
        oldest_call: Option<Duration>,
        slow_after: Duration,
        now: Duration,
    ) -> bool {
        let Some(oldest) = oldest_call else {
            return false;
        };
        let demanded = self.get(server).demanded;
        let at = oldest.saturating_add(slow_after * (1_u32 << demanded.min(DEMANDED_PROBES)));
        if at > now {
            self.probe_at(server, Some(at));
            return false;
        }
        let demanded = demanded.saturating_add(1);
        self.servers[server.index()].demanded = demanded;
        demanded <= DEMANDED_PROBES
    }

    /// Decides on a server whose answer to a probe is overdue. Returns `None` if it
    /// may be occupied by a call.
    pub(super) fn overdue(&mut self, server: ServerId) -> Option<Silence> {
        let server = &mut self.servers[server.index()];
        if let Some(level) = server.protocol.after_overdue() {
            server.protocol = level;
            return None;
        }
        Some(Silence {
            reason: AsideReason::Hung,
            may_lose_calls: true,
            is_long: true,
        })
    }

    /// Records that a probe has returned. Returns when it was sent.
    pub(super) fn probe_returned(&mut self, server: ServerId) -> Option<Duration> {
        self.overdue_at(server, None);
        self.servers[server.index()].sent_at.take()
    }

    /// Records the server's status, the answer to a probe sent at `sent_at`, and
    /// returns what is new in it. The next probe is due an interval after that
    /// one. `was_up`: nothing had said that it failed.
    pub(super) fn status_reported(
        &mut self,
        server: ServerId,
        status: ServerStatus,
        sent_at: Duration,
        was_up: bool,
        now: Duration,
    ) -> StatusChange {
        let heard = &mut self.servers[server.index()];
        let before = heard.protocol.instance();
        if heard.instances.is_other(status.instance) {
            heard.changed_at = Some(now);
        }
        let seen = heard.instances.report(status.instance, was_up, sent_at);
        heard.heard_at = now;
        heard.reported_to = Some(sent_at);
        if before != Some(status.instance) {
            heard.protocol = Protocol::Status {
                instance: status.instance,
            };
            heard.instance_since = now;
        }
        let learnt = heard.learns_slots && status.slots > 0;
        self.probe_at(server, Some(sent_at.saturating_add(INTERVAL)));
        StatusChange {
            restarted: match seen {
                Seen::Restarted { before } => Some(before),
                Seen::Nothing | Seen::Several => None,
            },
            several: seen == Seen::Several,
            instance_before: before,
            slots: learnt.then_some(status.slots),
        }
    }

    /// Records that the server accepts connections, and reports nothing.
    pub(super) fn connected(&mut self, server: ServerId, now: Duration) {
        let server = &mut self.servers[server.index()];
        server.heard_at = now;
        server.protocol = Protocol::ConnectOnly;
    }

    /// Records that the answer to a probe sent at `sent_at` was an error: of the server, or of a
    /// proxy in its place. It is asked again an interval after that probe.
    pub(super) fn answered_by_error(&mut self, server: ServerId, sent_at: Duration, now: Duration) {
        let answered = &mut self.servers[server.index()];
        answered.heard_at = now;
        if !answered.protocol.is_probed_on_demand() {
            self.probe_at(server, Some(sent_at.saturating_add(INTERVAL)));
        }
    }

    /// Decides what the failure of a probe means. `has_calls`: calls are in flight on the server.
    pub(super) fn probe_failed(
        &mut self,
        server: ServerId,
        kind: ErrorKind,
        has_calls: bool,
        now: Duration,
    ) -> ProbeFailure {
        let probed = &mut self.servers[server.index()];
        let Some((reason, may_lose_calls)) = probed.protocol.silence(kind, has_calls) else {
            probed.heard_at = now;
            if probed.protocol == Protocol::Unknown {
                probed.protocol = Protocol::Silent(1);
            }
            return ProbeFailure::Occupied;
        };
        ProbeFailure::Silent(Silence {
            reason,
            may_lose_calls,
            is_long: now.saturating_sub(probed.heard_at) >= PATIENCE,
        })
    }

    /// Records that a call starts, or goes on, on the server. One that is probed
    /// on demand is probed if the call is slow.
    pub(super) fn call_runs(&mut self, server: ServerId, slow_after: Duration, now: Duration) {
        let runs = self.get(server);
        let idle = runs.probe_at.is_none() && runs.sent_at.is_none();
        if idle && runs.protocol.is_probed_on_demand() && runs.demanded < DEMANDED_PROBES {
            self.probe_at(server, now.checked_add(slow_after));
        }
    }

    /// Records that the server has answered a call. One that has left few probes
    /// unanswered is probed soon.
    pub(super) fn call_answered(&mut self, server: ServerId, now: Duration) {
        let answered = &mut self.servers[server.index()];
        answered.demanded = 0;
        let worth_a_probe =
            matches!(answered.protocol, Protocol::Silent(probes) if probes < SILENT_PROBES);
        if worth_a_probe && answered.sent_at.is_none() {
            let soon = now.checked_add(INTERVAL);
            let sooner = [answered.probe_at, soon].into_iter().flatten().min();
            self.probe_at(server, sooner);
        }
    }

    /// Returns whether several instances are known to report at the server's address.
    pub(super) fn are_several(&self, server: ServerId) -> bool {
        self.get(server).instances.are_several()
    }

    /// Returns whether the server has reported its status when it was asked after `time`. Where
    /// several report, it may have been another one.
    pub(super) fn has_reported_since(&self, server: ServerId, time: Duration) -> bool {
        self.get(server).reported_to > Some(time)
    }

    /// Returns whether the server has reported another instance since `time`: it was started anew,
    /// unless several report.
    pub(super) fn has_changed_since(&self, server: ServerId, time: Duration) -> bool {
        let server = self.get(server);
        !server.instances.are_several() && server.changed_at > Some(time)
    }

    /// Returns the instance in the server's last status.
    pub(super) fn instance(&self, server: ServerId) -> Option<u64> {
        self.get(server).protocol.instance()
    }

    /// Returns the instance in the server's last status, if it is known to be
    /// that one since `time` at the latest.
    pub(super) fn instance_since(&self, server: ServerId, time: Duration) -> Option<u64> {
        let server = self.get(server);
        let known = server.instance_since <= time && !server.instances.are_several();
        server.protocol.instance().filter(|_| known)
    }

    fn get(&self, server: ServerId) -> &ServerHeartbeat {
        &self.servers[server.index()]
    }

    fn probe_at(&mut self, server: ServerId, at: Option<Duration>) {
        let probed = &mut self.servers[server.index()];
        if probed.can_be_probed || at.is_none() {
            self.probe_timers.set(server, &mut probed.probe_at, at);
        }
    }

    fn overdue_at(&mut self, server: ServerId, at: Option<Duration>) {
        let probed = &mut self.servers[server.index()];
        self.overdue_timers.set(server, &mut probed.overdue_at, at);
    }
}

#[cfg(test)]
mod tests;
