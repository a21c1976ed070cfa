//! The checks after all actions of a step.

use std::time::Duration;

use crate::ids::{CallId, ServerId};
use crate::plan::Plan;
use crate::sim::checks::Checks;
use crate::sim::checks::server_record::State;
use crate::sim::checks::task_record::TaskRecord;
use crate::sim::virtual_server::VirtualServer;

impl Checks {
    /// No task is lost, no call of an ended task goes on, a server of no use is
    /// out, and nothing waits that could run. `sent`: the number of tasks sent.
    pub(in crate::sim) fn settled(&self, plan: &Plan, sent: u64, over: bool, now: Duration) {
        if let Some(server) = self.useless {
            assert_eq!(self.servers[server.index()].state, State::Out);
        }
        let open = self.open.len();
        assert_eq!(
            open as u64 + self.ended.len() as u64,
            sent,
            "a task is lost"
        );
        assert_eq!(plan.open_tasks(), open);
        assert_eq!(plan.in_flight(), self.running.len());
        for (task, _) in self.running.values() {
            let wanted = task.is_none_or(|task| self.open.contains_key(&task));
            assert!(wanted, "a call of a task that has ended goes on");
        }
        if !over && !self.draining {
            self.check_nothing_starves(plan.pays_for_retries(), now);
        }
    }

    /// No server that is up has a free slot while a task waits that may use it.
    /// A task may not use the server that failed it, while another is up; and
    /// not before its retry is paid for, or its isolation begins. A server that has refused
    /// calls of late may have room for fewer.
    fn check_nothing_starves(&self, paid: bool, now: Duration) {
        let servers = (0..self.servers.len()).map(ServerId::new);
        let in_use: Vec<ServerId> = servers.filter(|&server| self.is_in_use(server)).collect();
        // A server may be held for a task that runs in isolation.
        let isolated = |open: &TaskRecord| open.breaks >= 2 && open.calls.is_empty();
        let mut may_be_held = self.open.values().any(|open| open.breaks >= 2);
        for &server in &in_use {
            let record = &self.servers[server.index()];
            let shares = |call: &CallId| self.running[call].1 == server;
            if record.running >= record.room(now) || self.perhaps_isolated.iter().any(shares) {
                continue;
            }
            for (task, open) in &self.open {
                let avoids = |server: ServerId| {
                    self.has_had(server, |server| {
                        open.lost_by.contains(&server) || open.cases.contains_key(&server)
                    })
                };
                let others_up = in_use.iter().any(|&server| !avoids(server));
                let keeps_off = others_up && avoids(server);
                let has_case = self.has_had(server, |server| open.cases.contains_key(&server));
                let delayed = (open.costs || !open.cases.is_empty()) && !paid;
                let waits = open.calls.is_empty() && !keeps_off && !has_case && !delayed;
                if waits && !isolated(open) && !self.is_held_back(*task) {
                    assert!(
                        may_be_held,
                        "task {task} waits beside server {server}: {open:?}"
                    );
                    may_be_held = false;
                    break;
                }
            }
        }
    }

    /// Returns the workers of a host that are there.
    pub(super) fn workers(&self, host: ServerId) -> impl Iterator<Item = ServerId> {
        let workers = self.workers.get(&host).map_or(&[][..], Vec::as_slice);
        let is_there = |worker: &ServerId| self.servers[worker.index()].state != State::Out;
        workers.iter().copied().filter(is_there)
    }

    /// Returns whether a server is up, and takes calls for itself or for some worker that is up.
    pub(super) fn is_in_use(&self, server: ServerId) -> bool {
        let is_up = |server: ServerId| {
            let record = &self.servers[server.index()];
            record.state == State::Up && !record.is_ending
        };
        let is_placed = self.servers[server.index()].role.host().is_none();
        let mut workers = self.workers(server);
        is_placed && is_up(server) && (self.workers(server).next().is_none() || workers.any(is_up))
    }

    /// Returns whether a server has had something, and of a host, each of its workers that are up.
    fn has_had(&self, server: ServerId, has_had: impl Fn(ServerId) -> bool) -> bool {
        let is_up = |server: &ServerId| self.servers[server.index()].state == State::Up;
        match self.workers(server).next().is_none() {
            true => has_had(server),
            false => self.workers(server).filter(is_up).all(has_had),
        }
    }

    /// A server that hangs is found within 3.5 s, and one that is well again is
    /// in use within 5 s.
    pub(in crate::sim) fn check_times(&self, servers: &[VirtualServer], now: Duration) {
        const FOUND: Duration = Duration::from_millis(3500);
        const BACK: Duration = Duration::from_millis(5001);
        for (index, (record, server)) in self.servers.iter().zip(servers).enumerate() {
            let since = now.saturating_sub(server.since.max(record.since));
            match record.state {
                State::Up if server.hung && server.known => {
                    assert!(since <= FOUND, "server {index} hangs unnoticed");
                }
                State::Aside(_) if server.is_well() => {
                    assert!(since <= BACK, "server {index} is back unnoticed");
                }
                _ => {}
            }
        }
    }
}
