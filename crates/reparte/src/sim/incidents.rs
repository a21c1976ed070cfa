//! The incidents of virtual servers: they die, hang, recover and are added.

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::ServerId;
use crate::plan::event::Event;
use crate::sim::agenda::Incident;
use crate::sim::virtual_server::{Kind, VirtualServer};
use crate::sim::world::World;

impl World {
    /// Has a server die. Its calls are interrupted soon or later, or just never
    /// answered, where the plan can find that out.
    pub(super) fn die(&mut self, server: ServerId) {
        let reports_status = self.servers[server.index()].kind == Kind::ReportsStatus;
        let silently = reports_status && self.random.below(3) == 0;
        let after: &[u64] = match silently {
            true => &[4_000_000],
            false => &[0, 1, 900],
        };
        if self.fall(server, after) {
            self.recover_later(server);
        }
    }

    /// Has a server die of a call. Its calls are interrupted at once, and a
    /// supervisor starts it again.
    pub(super) fn crash(&mut self, server: ServerId) {
        if self.fall(server, &[0]) {
            self.recover_later(server);
        }
        let back = Duration::from_millis(self.random.below(3000));
        self.agenda
            .enter(self.now + back, Incident::Recovers(server));
    }

    /// Has a server die whose return is in the agenda.
    pub(super) fn go_down(&mut self, server: ServerId) {
        self.fall(server, &[0, 1]);
    }

    /// Has a server die, and each of its calls interrupted after one of the
    /// times in `after`, in ms. Returns false if it was not well.
    fn fall(&mut self, server: ServerId, after: &[u64]) -> bool {
        let dead = &mut self.servers[server.index()];
        if !dead.is_well() {
            return false;
        }
        dead.alive = false;
        dead.frozen.clear();
        let calls = self.calls_on(server);
        self.server_died(&calls);
        for call in calls {
            let late = after[self.random.below(after.len() as u64) as usize];
            if self.calls.get(&call) != Some(&(server, Err(ErrorKind::Cancelled))) {
                self.calls
                    .insert(call, (server, Err(ErrorKind::Interrupted)));
            }
            let at = self.now + Duration::from_millis(late);
            self.agenda.enter(at, Incident::CallEnds(call));
        }
        true
    }

    /// Has a server end at its time. It takes no more calls; those that it has may go on.
    pub(super) fn time_ends(&mut self, server: ServerId) {
        self.servers[server.index()].alive = false;
        self.server_ended(server);
    }

    /// Has a server whose time is over break its calls.
    pub(super) fn grace_ends(&mut self, server: ServerId) {
        for call in self.calls_on(server) {
            if self.calls.get(&call) != Some(&(server, Err(ErrorKind::Cancelled))) {
                self.calls
                    .insert(call, (server, Err(ErrorKind::Interrupted)));
            }
            self.agenda.enter(self.now, Incident::CallEnds(call));
        }
    }

    /// Has a server hang. Its calls go on when it does.
    pub(super) fn hang(&mut self, server: ServerId) {
        let now = self.now;
        let hung = &mut self.servers[server.index()];
        if !hung.is_well() {
            return;
        }
        hung.hung = true;
        hung.since = now;
        self.recover_later(server);
    }

    /// Enters the recovery of a server into the agenda. Some never recover, where
    /// the plan can find that out and the scenario lets it be.
    fn recover_later(&mut self, server: ServerId) {
        let down = &self.servers[server.index()];
        let found_out = down.kind == Kind::ReportsStatus && down.known;
        let must = self.scenario.returns || (down.hung && !found_out);
        if must || self.random.below(2) == 0 {
            let back = Duration::from_millis(self.random.below(8000));
            self.agenda
                .enter(self.now + back, Incident::Recovers(server));
        }
    }

    /// Has a server that is dead or hangs be well again.
    pub(super) fn recover(&mut self, server: ServerId) {
        let now = self.now;
        let well = &mut self.servers[server.index()];
        if well.is_well() {
            return;
        }
        well.starts += u64::from(!well.alive);
        well.ends_at = well.ends_at.filter(|_| well.alive);
        well.alive = true;
        well.hung = false;
        well.since = now;
        let frozen = std::mem::take(&mut well.frozen);
        // A serial server goes on with them one after another.
        well.busy_until = well.busy_until.max(now);
        for call in frozen {
            let after = well.takes(Duration::from_millis(1), now);
            self.agenda.enter(now + after, Incident::CallEnds(call));
        }
        // TCP sends a probe that is under way again, and it is answered.
        if let Some(probe) = self.servers[server.index()].probe {
            let again = Duration::from_millis(self.random.below(1000));
            self.agenda
                .enter(now + again, Incident::ProbeEnds(server, probe));
        }
    }

    /// Adds a server with one slot.
    pub(super) fn add_server(&mut self) -> Event {
        let all_report_status = self.scenario.all_report_status;
        let mut added = VirtualServer::new(1, all_report_status, false, &mut self.random);
        added.set_machine_may_go(self.scenario.machines_go);
        let config = added.config;
        self.servers.push(added);
        Event::ServerAdded { config }
    }
}
