//! The changes of health by the outcomes of probes.

use std::time::Duration;

use crate::ids::ServerId;
use crate::plan::health::pause::Pause;
use crate::plan::health::{Aside, Health, ServerHealth, State};
use crate::plan::heartbeat::Silence;

impl Health {
    /// Decides on a server that a probe has found silent: whether it is set
    /// aside, and whether its calls are doubted.
    pub(in crate::plan) fn probe_failed(
        &mut self,
        server: ServerId,
        silence: Silence,
        now: Duration,
    ) -> (Option<Aside>, bool) {
        let doubts_calls = match self.state(server) {
            State::Aside | State::Reserve => return (None, false),
            State::Out => return (None, silence.may_lose_calls),
            State::Probing => silence.is_long,
            State::Up | State::TrialDue | State::OnTrial | State::Alias => silence.may_lose_calls,
        };
        let silent = &mut self.servers[server.index()];
        silent.needs_trial = silent.suspected;
        let aside = self.set_aside(server, Pause::new(silence.reason), now);
        (Some(aside), doubts_calls)
    }

    /// Records that the server has reported its status. Returns whether it is
    /// up again by that. One that has become suspected meanwhile is due for a trial.
    pub(in crate::plan) fn status_reported(&mut self, server: ServerId) -> bool {
        if self.servers[server.index()].suspected {
            self.connected(server);
            return false;
        }
        let back = matches!(self.state(server), State::Probing | State::Alias);
        if back {
            self.edit(server, None, ServerHealth::take_back);
        }
        back
    }

    /// Records that the server has reported the instance of another one that is alive. Returns
    /// whether it gets no calls by that, as is new. One that is on trial, or due for one, stays so.
    pub(in crate::plan) fn become_alias(&mut self, server: ServerId) -> bool {
        if self.servers[server.index()].suspected {
            self.connected(server);
            return false;
        }
        let is_new = matches!(self.state(server), State::Up | State::Probing);
        if is_new {
            self.edit(server, None, |server| {
                server.take_back();
                server.state = State::Alias;
            });
        }
        is_new
    }

    /// Records that the server accepts connections, and reports nothing. Returns
    /// whether a trial is due by that.
    pub(in crate::plan) fn connected(&mut self, server: ServerId) -> bool {
        let server = &mut self.servers[server.index()];
        let due = server.state == State::Probing;
        if due {
            server.state = State::TrialDue;
        }
        due
    }
}
