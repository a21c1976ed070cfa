//! What follows from asking servers how they are.

use std::time::Duration;

use super::Plan;
use super::calls::State;
use super::judge::is_silence;
use super::pulse::{BEAT, Kin, PATIENCE};
use super::server::Health;
use super::servers::Alarm;
use crate::ErrorKind;
use crate::ids::ServerId;
use crate::plan::action::LossReason;
use crate::plan::action::{Action, AsideReason};
use crate::plan::event::ServerStatus;

impl Plan {
    /// Does what it is time for.
    pub(super) fn wake(&mut self) {
        loop {
            let alarms = self.servers.wake(self.now);
            if alarms.is_empty() {
                return;
            }
            for alarm in alarms {
                match alarm {
                    Alarm::Ask(server) => self.ask(server),
                    Alarm::Overdue(server) => self.overdue(server),
                }
            }
        }
    }

    fn ask(&mut self, id: ServerId) {
        let server = self.servers.get(id);
        let asked = server.health == Health::Asked;
        if self.ended || !(asked || server.is_watched()) {
            return;
        }
        // One that has said nothing may do so when it has nothing to do.
        let silent = server.pulses.kin != Kin::Foreign && server.calls.is_empty();
        if server.pulses.is_shy() && !asked && !silent && !self.has_reason_to_ask(id) {
            return;
        }
        let now = self.now;
        self.servers.edit(id, |server| server.pulses.ask(now));
        self.actions.push_back(Action::ProbeServer { server: id });
    }

    /// Whether a call on a shy server has taken long; if not, sees to it that
    /// it is asked when it has.
    fn has_reason_to_ask(&mut self, id: ServerId) -> bool {
        let server = self.servers.get(id);
        let calls = server.calls.iter().filter_map(|&call| self.calls.get(call));
        let Some(oldest) = calls.map(|call| call.started).min() else {
            return false;
        };
        let at = server.pulses.doubt_at(oldest, self.slow_after());
        if at > self.now {
            self.servers.edit(id, |server| server.pulses.ask_at(at));
            return false;
        }
        self.servers.edit(id, |server| server.pulses.doubt())
    }

    /// No answer for as long as one may take.
    fn overdue(&mut self, id: ServerId) {
        let server = self.servers.get(id);
        if !server.is_watched() {
            return;
        }
        match server.pulses.kin {
            // It may compute and answer in one thread.
            Kin::Unknown | Kin::Silent(_) => {
                self.servers.edit(id, |server| server.pulses.silent());
            }
            Kin::Foreign | Kin::Ours { .. } => self.fell_silent(id, AsideReason::Hung),
        }
    }

    /// An answer, or none for sure.
    pub(super) fn probed(
        &mut self,
        id: ServerId,
        outcome: Result<Option<ServerStatus>, ErrorKind>,
    ) {
        let asked = self.servers.edit(id, |server| server.pulses.answered());
        let Some(asked) = asked else {
            return;
        };
        let instance = outcome.ok().flatten().map(|pulse| pulse.instance);
        self.settle_breaks(id, asked, instance);
        match outcome {
            Ok(Some(pulse)) => self.said(id, pulse, asked),
            Err(kind) if is_silence(kind) => self.unanswered(id, kind),
            Ok(None) | Err(_) => self.reached(id, |kin| *kin = Kin::Foreign),
        }
    }

    fn said(&mut self, id: ServerId, pulse: ServerStatus, asked: Duration) {
        let now = self.now;
        let known = matches!(self.servers.get(id).pulses.kin, Kin::Ours { .. });
        // Who knows what it was before it went down.
        let doubtful = !known && self.health(id) == Health::Asked;
        let (restarted, slots) = self
            .servers
            .edit(id, |server| server.pulses.said(pulse, now));
        if let Some(slots) = slots
            && slots != self.servers.get(id).slots
        {
            self.servers.edit(id, |server| server.slots = slots);
            self.actions
                .push_back(Action::SetSlots { server: id, slots });
        }
        if restarted || doubtful {
            self.lose_calls_before(id, asked);
        }
        if self.health(id) == Health::Asked {
            self.servers.edit(id, |server| server.take_back());
            self.down_since = None;
            self.actions.push_back(Action::TakeBack { server: id });
        }
        if self.health(id) == Health::Up {
            self.trust_calls(id);
        }
        let next = asked.saturating_add(BEAT);
        self.servers.edit(id, |server| server.pulses.ask_at(next));
    }

    /// It can be reached, which says little about whether it works.
    fn reached(&mut self, id: ServerId, note: impl FnOnce(&mut Kin)) {
        let now = self.now;
        let long = self.slow_after();
        self.servers.edit(id, |server| {
            server.pulses.heard = now;
            note(&mut server.pulses.kin);
            if server.health == Health::Asked {
                server.health = Health::Due;
            } else if !server.calls.is_empty() {
                server.pulses.started(now, long);
            }
        });
    }

    fn unanswered(&mut self, id: ServerId, kind: ErrorKind) {
        let server = self.servers.get(id);
        let kin = server.pulses.kin;
        let slow = kind == ErrorKind::TimedOut && matches!(kin, Kin::Unknown | Kin::Silent(_));
        let silent_for = self.now.saturating_sub(server.pulses.heard);
        match server.health {
            // Connected, and busy perhaps with a call.
            _ if slow => self.reached(id, |kin| {
                if *kin == Kin::Unknown {
                    *kin = Kin::Silent(1);
                }
            }),
            Health::Asked => {
                self.set_aside(id, AsideReason::StillDown, Duration::ZERO);
                if silent_for >= PATIENCE {
                    self.doubt_calls(id);
                }
            }
            Health::Aside(_) | Health::Reserve => {}
            Health::Up | Health::Due | Health::Trial | Health::Out => match kin {
                _ if kind == ErrorKind::Unanswered => self.fell_silent(id, AsideReason::Hung),
                Kin::Ours { .. } if kind != ErrorKind::TimedOut => {
                    // It may be about to end, once its calls have.
                    self.aside_unless_out(id, AsideReason::Died);
                }
                Kin::Ours { .. } => self.fell_silent(id, AsideReason::Hung),
                Kin::Unknown => self.aside_unless_out(id, AsideReason::Died),
                Kin::Foreign | Kin::Silent(_) => self.fell_silent(id, AsideReason::Died),
            },
        }
    }

    /// Its calls may be lost, or go on: they are waited for, and made
    /// elsewhere meanwhile.
    fn fell_silent(&mut self, id: ServerId, reason: AsideReason) {
        self.aside_unless_out(id, reason);
        self.doubt_calls(id);
    }

    fn aside_unless_out(&mut self, id: ServerId, reason: AsideReason) {
        if self.health(id) != Health::Out {
            self.servers.edit(id, |server| server.needs_trial = false);
            self.set_aside(id, reason, Duration::ZERO);
        }
    }

    fn doubt_calls(&mut self, id: ServerId) {
        for call in self.servers.get(id).calls.clone() {
            if self.calls.set(call, State::Doubted) != Some(State::Awaited) {
                continue;
            }
            let Some(task) = self.calls.get(call).map(|call| call.task) else {
                continue;
            };
            if !self.has_hope(task) {
                self.requeue(task, id, true);
            }
            self.mark_alone(task);
        }
    }

    /// The server is the one that it was: its calls have gone on.
    fn trust_calls(&mut self, id: ServerId) {
        for call in self.servers.get(id).calls.clone() {
            if self.calls.get(call).map(|call| call.state) != Some(State::Doubted) {
                continue;
            }
            self.calls.set(call, State::Awaited);
            if let Some(task) = self.calls.get(call).map(|call| call.task) {
                self.tasks.dequeue(task);
                self.mark_alone(task);
            }
        }
    }

    fn lose_calls_before(&mut self, id: ServerId, asked: Duration) {
        for call in self.servers.get(id).calls.clone() {
            if self.calls.get(call).is_some_and(|c| c.started < asked) {
                self.lose(call, LossReason::ServerRestarted);
            }
        }
    }
}
