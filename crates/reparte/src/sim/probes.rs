//! The probes of a virtual world.

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::ServerId;
use crate::plan::event::{Event, ServerStatus};
use crate::sim::agenda::Incident;
use crate::sim::virtual_server::{Kind, PROBE_TIMEOUT};
use crate::sim::world::World;

impl World {
    /// Sends a probe, and enters its outcome into the agenda.
    pub(super) fn probe(&mut self, server: ServerId) {
        let slow = self.random.below(100) < self.scenario.slow_percent;
        let late = Duration::from_millis(300 + self.random.below(2500));
        let outcome = self.probe_outcome(server);
        let probed = &mut self.servers[server.index()];
        assert!(probed.kind != Kind::NotProbed && probed.probe.is_none());
        let probe = self.agenda.entries();
        probed.probe = Some(probe);
        let after = match outcome {
            Err(ErrorKind::TimedOut) => PROBE_TIMEOUT,
            Err(ErrorKind::Http { .. }) => Duration::from_millis(1),
            Err(_) => probed.unreachable_after,
            Ok(_) if slow => late,
            Ok(_) => Duration::from_millis(1),
        };
        self.agenda
            .enter(self.now + after, Incident::ProbeEnds(server, probe));
    }

    /// Ends a probe, unless it has ended before.
    pub(super) fn probe_ends(&mut self, server: ServerId, probe: u64) -> Option<Event> {
        if self.servers[server.index()].probe != Some(probe) {
            return None;
        }
        let outcome = self.probe_outcome(server);
        let probed = &mut self.servers[server.index()];
        probed.probe = None;
        probed.known |= matches!(outcome, Ok(Some(_)));
        Some(Event::ProbeReturned { server, outcome })
    }

    /// Returns the outcome of a probe now. A proxy that answers in place of the servers does
    /// so to this question too.
    fn probe_outcome(&self, server: ServerId) -> Result<Option<ServerStatus>, ErrorKind> {
        let probed = &self.servers[server.index()];
        let is_behind_proxy = self.scenario.troubles.is_behind_proxy(self.now);
        match probed.kind == Kind::ReportsStatus && is_behind_proxy {
            true => Err(ErrorKind::Http { status: 502 }),
            false => probed.probe_outcome(server, self.now),
        }
    }
}
