//! The servers that are on trial as suspected, and those that take no call.

use std::time::Duration;

use crate::ids::ServerId;
use crate::plan::action::AsideReason;
use crate::plan::health::pause::Pause;
use crate::plan::health::{Aside, Health, HealthAtStart, ServerHealth, State};

/// Shortest time for which a server that takes no call is set aside.
const REFUSED: Duration = Duration::from_secs(60);

impl Health {
    /// Puts a suspected server on trial, because of the failure of a call. `answers`: it
    /// gives faults. Returns `None` if the call says nothing new.
    pub(in crate::plan) fn put_on_suspicion(
        &mut self,
        server: ServerId,
        health_at_start: HealthAtStart,
        answers: bool,
        now: Duration,
    ) -> Option<Aside> {
        let server_health = &mut self.servers[server.index()];
        if matches!(server_health.state, State::Out | State::Reserve) {
            return None;
        }
        server_health.suspected = true;
        server_health.needs_trial = true;
        let is_new =
            server_health.epoch == health_at_start.epoch || server_health.state == State::Up;
        let pause = Pause {
            answers,
            ..Pause::new(AsideReason::Suspected)
        };
        is_new.then(|| self.set_aside(server, pause, now))
    }

    /// Puts a server on trial whose calls have all returned. Returns `None` if it
    /// is not up.
    pub(in crate::plan) fn put_idle_on_suspicion(
        &mut self,
        server: ServerId,
        now: Duration,
    ) -> Option<Aside> {
        let server_health = &mut self.servers[server.index()];
        server_health.suspected = true;
        server_health.needs_trial = true;
        let pause = Pause {
            answers: true,
            ..Pause::new(AsideReason::Suspected)
        };
        (server_health.state == State::Up).then(|| self.set_aside(server, pause, now))
    }

    /// Returns whether the server is on trial as suspected.
    pub(in crate::plan) fn is_on_suspicion(&self, server: ServerId) -> bool {
        self.servers[server.index()].suspected
    }

    /// Ends the suspicion of a server. Returns whether it is up again by that.
    pub(in crate::plan) fn release(&mut self, server: ServerId) -> bool {
        let released = &mut self.servers[server.index()];
        released.suspected = false;
        let back = released.reason == AsideReason::Suspected
            && matches!(
                released.state,
                State::Aside | State::TrialDue | State::OnTrial
            );
        if back {
            self.edit(server, None, ServerHealth::take_back);
        }
        back
    }

    /// Sets a server aside that takes no call of this client. Returns `None` if it
    /// was set aside since the call started.
    pub(in crate::plan) fn refuse(
        &mut self,
        server: ServerId,
        health_at_start: HealthAtStart,
        now: Duration,
    ) -> Option<Aside> {
        let refused = &mut self.servers[server.index()];
        if refused.state == State::Out || refused.epoch != health_at_start.epoch {
            return None;
        }
        refused.needs_trial = true;
        let pause = Pause {
            at_least: REFUSED,
            ..Pause::new(AsideReason::Refused)
        };
        Some(self.set_aside(server, pause, now))
    }
}
