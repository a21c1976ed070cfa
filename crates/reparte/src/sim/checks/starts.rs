//! The checks of a call that starts.

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::{CallId, ServerId, TaskId};
use crate::plan::action::CallReason;
use crate::sim::checks::Checks;
use crate::sim::checks::server_record::State;
use crate::sim::checks::task_record::TaskRecord;

impl Checks {
    /// Checks and records the start of a call.
    pub(super) fn call_starts(
        &mut self,
        task: TaskId,
        call: CallId,
        server: ServerId,
        reason: CallReason,
        now: Duration,
    ) {
        assert!(!self.draining, "a call starts while the run is drained");
        self.check_task(task, server, reason);
        self.check_server(call, server, reason, now);
        self.check_isolation(task, call, server);
        self.check_time_left(call, server, now);
        self.count_retry(task, reason, now);
        let record = self.open.get_mut(&task).expect("it is open");
        record.calls.insert(call);
        record.called = true;
        if reason == CallReason::Hedge {
            record.hedges += 1;
            record.hedge_calls.insert(call);
        }
        assert!(self.running.insert(call, (Some(task), server)).is_none());
        let asides = self.servers[server.index()].asides;
        self.asides.insert(call, asides);
    }

    /// The reason fits the task's other calls.
    fn check_task(&self, task: TaskId, server: ServerId, reason: CallReason) {
        let record = self.open.get(&task).expect("it is open");
        let mut others = record.calls.iter().copied();
        match reason {
            CallReason::First => {
                assert!(!record.called && record.calls.is_empty());
                assert!(!self.is_held_back(task), "the window is full");
            }
            CallReason::Retry => {
                assert!(
                    record.called && others.all(|other| self.may_be_doubted(other)),
                    "task {task} runs already"
                );
                // One beside a doubted call, and one that may prove a death, come
                // in addition.
                let more = !record.calls.is_empty() || record.breaks > 0;
                assert!(
                    record.firm_attempts < self.max_attempts || more,
                    "task {task} has had its attempts"
                );
                let again = match record.cases.get(&server) {
                    Some(ErrorKind::Fault { code }) => self.retry_faults.contain(*code),
                    _ => true,
                };
                assert!(again, "server {server} has given task {task} a fault");
            }
            CallReason::Hedge => {
                let avoids = record.lost_by.contains(&server) || record.cases.contains_key(&server);
                assert!(
                    !avoids && record.hedges < 2,
                    "task {task} has no such hedge"
                );
                let waits = |(&task, other): (&TaskId, &TaskRecord)| {
                    let waits = other.calls.is_empty() && !self.is_held_back(task);
                    waits && other.breaks < 2 && other.cases.is_empty()
                };
                assert!(
                    !self.open.iter().any(waits)
                        && record.calls.len() == 1
                        && others.all(|other| !self.is_used_up(other, server)),
                    "no hedge for task {task}"
                );
            }
        }
    }

    /// A server takes no hedge beside another call of its own, unless it has a worker that is not
    /// at work on that.
    fn is_used_up(&self, other: CallId, server: ServerId) -> bool {
        let at_work = self.by.get(&other);
        let is_free = |worker: ServerId| Some(&worker) != at_work;
        self.running[&other].1 == server && !self.workers(server).any(is_free)
    }

    /// The server has a free slot and may be called. Records the call.
    fn check_server(&mut self, call: CallId, server: ServerId, reason: CallReason, now: Duration) {
        let record = &mut self.servers[server.index()];
        record.running += 1;
        assert!(
            record.running <= record.slots,
            "server {server} has no slot"
        );
        match record.state {
            State::Up => {}
            State::Aside(until) => {
                assert!(until <= now, "server {server} is called too soon");
                assert!(record.trials.is_empty(), "server {server} is on trial");
                assert_ne!(
                    reason,
                    CallReason::Hedge,
                    "server {server} is tried by a hedge"
                );
                record.trials.insert(call);
            }
            State::Out => panic!("server {server} is out"),
            State::Reserve => panic!("server {server} is in reserve"),
            State::Alias => panic!("server {server} is used under another name"),
        }
    }

    /// A task that was running at two deaths has its server to itself, but for a doubted call
    /// of its own.
    fn check_isolation(&mut self, task: TaskId, call: CallId, server: ServerId) {
        let shares = |other: &CallId| self.running[other].1 == server;
        assert!(
            !self.isolated.iter().any(shares),
            "server {server} runs a task in isolation"
        );
        if self.open[&task].breaks >= 2 {
            self.perhaps_isolated.insert(call);
        }
        if self.open[&task].deaths < 2 {
            return;
        }
        assert!(
            !self
                .running
                .values()
                .any(|(of, other)| of.is_some_and(|of| of != task) && *other == server),
            "task {task} does not run isolated on server {server}"
        );
        self.isolated.insert(call);
    }

    /// The retries so far are paid for.
    fn count_retry(&mut self, task: TaskId, reason: CallReason, now: Duration) {
        let record = &self.open[&task];
        let paid =
            reason == CallReason::Retry && record.costs && record.lost && record.calls.is_empty();
        let slots = self.servers.iter().map(|record| record.slots).sum();
        self.retry_bound.slots = self.retry_bound.slots.max(slots);
        self.retry_bound.retries += u64::from(paid && record.breaks < 2);
        self.retry_bound.first_calls += u64::from(reason == CallReason::First);
        self.retry_bound.check(now);
    }
}
