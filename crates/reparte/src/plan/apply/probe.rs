//! The changes of probes: sending, return, silence, status.

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::ServerId;
use crate::plan::Plan;
use crate::plan::action::Action;
use crate::plan::event::ServerStatus;
use crate::plan::failures;
use crate::plan::health::State;
use crate::plan::heartbeat::ProbeFailure;

impl Plan {
    pub(in crate::plan) fn probe_if_needed(&mut self, server: ServerId) {
        let needed = self.health.state(server) == State::Probing;
        if self.ended || !(needed || self.is_watched(server)) {
            return;
        }
        let oldest_call = self.calls.oldest_start(server);
        let slow_after = self.slow_after();
        let send = self
            .heartbeat
            .send_probe(server, needed, oldest_call, slow_after, self.now);
        if send {
            self.actions.push_back(Action::ProbeServer { server });
        }
    }

    pub(in crate::plan) fn probe_overdue(&mut self, server: ServerId) {
        if self.is_watched(server)
            && let Some(silence) = self.heartbeat.overdue(server)
        {
            self.server_silent(server, silence);
        }
    }

    pub(in crate::plan) fn probe_returned(
        &mut self,
        server: ServerId,
        outcome: Result<Option<ServerStatus>, ErrorKind>,
    ) {
        let Some(sent_at) = self.heartbeat.probe_returned(server) else {
            return;
        };
        let instance = outcome.ok().flatten().map(|status| status.instance);
        // What stands in front of a server that is away breaks connections, or answers by errors: that
        // says nothing of who ended it, until it is back.
        let silence = outcome.err().filter(|&kind| failures::is_silence(kind));
        let is_told = outcome.is_ok() || silence.is_some_and(|kind| kind != ErrorKind::Interrupted);
        if is_told || !self.health.is_expected(server) {
            self.settle_deaths(server, sent_at, instance);
        }
        if failures::has_reached(outcome) {
            self.health.reached(server);
        }
        match outcome {
            Ok(Some(status)) => self.status_reported(server, status, sent_at),
            Err(kind) if failures::is_silence(kind) => {
                // One that has failed already may be away, and its calls about to break.
                let was_aside = self.health.state(server) == State::Probing;
                let has_calls = !was_aside && !self.calls.on_server(server).is_empty();
                let failure = self
                    .heartbeat
                    .probe_failed(server, kind, has_calls, self.now);
                match failure {
                    ProbeFailure::Occupied => self.server_connected(server),
                    ProbeFailure::Silent(silence) => self.server_silent(server, silence),
                }
            }
            Ok(None) => {
                self.time_left.report(server, None, sent_at);
                self.heartbeat.connected(server, self.now);
                self.server_connected(server);
            }
            // It says neither that the server reports nothing, nor that its end has changed.
            Err(_) => {
                self.heartbeat.answered_by_error(server, sent_at, self.now);
                self.server_connected(server);
            }
        }
    }

    pub(in crate::plan) fn status_reported(
        &mut self,
        server: ServerId,
        status: ServerStatus,
        sent_at: Duration,
    ) {
        let was_aside = self.health.state(server) == State::Probing;
        let was_up = self.health.state(server) == State::Up;
        let change = self
            .heartbeat
            .status_reported(server, status, sent_at, was_up, self.now);
        if let Some(slots) = change.slots
            && self.placement.set_slots(server, slots)
        {
            self.actions.push_back(Action::SetSlots { server, slots });
        }
        if change.several {
            self.actions.push_back(Action::NoteInstances { server });
        }
        // Nobody knows which instance had the calls of a server that reports its
        // status for the first time.
        let unknown = (change.instance_before.is_none() && was_aside).then_some(sent_at);
        if let Some(time) = change.restarted.or(unknown) {
            self.lose_calls_before(server, time);
        }
        // After the calls that an earlier start has lost by its end. Several instances behind one
        // address have an end each.
        let one = !self.heartbeat.are_several(server);
        let time_left = status.time_left.filter(|_| one);
        self.time_left.report(server, time_left, sent_at);
        match self.other_name(server, status.instance, change.instance_before) {
            Some(of) => self.become_alias(server, of),
            None => match self.health.status_reported(server) {
                true => self.take_back(server, self.calls.next_id()),
                false => self.update_placement(server),
            },
        }
        if matches!(self.health.state(server), State::Up | State::Alias) {
            self.trust_calls(server);
        }
    }

    /// Returns the server of which this one is an alias: the one that has the instance that it has
    /// just reported. A server at whose address several instances report has none, and is no alias.
    fn other_name(
        &mut self,
        server: ServerId,
        instance: u64,
        before: Option<u64>,
    ) -> Option<ServerId> {
        if self.heartbeat.are_several(server) {
            self.aliases.forget(server, instance);
            return None;
        }
        let (health, heartbeat) = (&self.health, &self.heartbeat);
        let still_has = |holder| {
            health.is_alive(holder)
                && heartbeat.instance(holder) == Some(instance)
                && !heartbeat.are_several(holder)
        };
        self.aliases.report(server, instance, before, still_has)
    }

    /// Gives a server no calls while another one is the same instance.
    fn become_alias(&mut self, server: ServerId, of: ServerId) {
        if self.health.become_alias(server) {
            self.actions.push_back(Action::SetAlias { server, of });
            // No task waits for it.
            self.recheck = true;
        }
        self.update_placement(server);
    }
}
