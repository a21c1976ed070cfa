//! The checks of what the plan promises.
//!
//! They keep a second set of records, from events and actions alone, and compare
//! after every step. They know nothing of the plan's state but what it says to
//! its caller.

mod ending;
mod ends;
mod server_record;
mod settled;
mod starts;
mod task_record;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::error::call::{ErrorKind, FailureClass};
use crate::ids::{CallId, ServerId, TaskId};
use crate::options::{Halt, RetryFaults};
use crate::plan::action::{Action, AsideReason, LossReason};
use crate::plan::event::{Event, ServerConfig};
use crate::sim::checks::ending::KnownEnds;
use crate::sim::checks::server_record::{ServerRecord, State};
use crate::sim::checks::task_record::TaskRecord;
use crate::sim::retry_bound::RetryBound;
use crate::sim::scenario::Scenario;

/// The records of a run, with what the scenario demands.
pub(super) struct Checks {
    servers: Vec<ServerRecord>,
    /// The workers of each host, whether they are there or not.
    workers: BTreeMap<ServerId, Vec<ServerId>>,
    /// The tasks that have neither a result nor failed.
    open: BTreeMap<TaskId, TaskRecord>,
    /// The calls that have not returned; without their tasks once cancelled.
    running: BTreeMap<CallId, (Option<TaskId>, ServerId)>,
    /// Number of times that a call's server had been set aside when it started.
    asides: BTreeMap<CallId, u32>,
    ended: BTreeSet<TaskId>,
    /// The task whose call has just returned, with the outcome that it may have
    /// now.
    returned: Option<(TaskId, Result<(), ErrorKind>)>,
    /// The task that may fail now as cancelled.
    cancelled: Option<TaskId>,
    input_closed: bool,
    is_window_full: bool,
    /// The server whose answer has just shown that it is of no use.
    useless: Option<ServerId>,
    journal_failed: bool,
    draining: bool,
    max_attempts: u32,
    retry_faults: RetryFaults,
    outage: Option<Duration>,
    halt: Option<Halt>,
    /// Number of tasks that have failed, but for those that were cancelled.
    failed: u64,
    /// Number of tasks that were cancelled.
    cancellations: u64,
    /// Enough tasks have failed to halt the run.
    halted: bool,
    /// Calls whose servers have died.
    died: BTreeSet<CallId>,
    /// Calls that run in isolation.
    isolated: BTreeSet<CallId>,
    /// Calls of tasks whose servers seem to have died twice.
    perhaps_isolated: BTreeSet<CallId>,
    retry_bound: RetryBound,
    /// The workers that are at work on calls, or were last.
    by: BTreeMap<CallId, ServerId>,
    known_ends: KnownEnds,
}

impl Checks {
    pub(super) fn new(scenario: &Scenario, configs: &[ServerConfig]) -> Self {
        let mut checks = Self {
            servers: Vec::new(),
            workers: BTreeMap::new(),
            open: BTreeMap::new(),
            running: BTreeMap::new(),
            asides: BTreeMap::new(),
            ended: BTreeSet::new(),
            returned: None,
            cancelled: None,
            input_closed: false,
            is_window_full: false,
            useless: None,
            journal_failed: false,
            draining: false,
            max_attempts: scenario.max_attempts,
            retry_faults: scenario.retry_faults.clone(),
            outage: scenario.outage,
            halt: scenario.halt,
            failed: 0,
            cancellations: 0,
            halted: false,
            died: BTreeSet::new(),
            isolated: BTreeSet::new(),
            perhaps_isolated: BTreeSet::new(),
            retry_bound: RetryBound::default(),
            by: BTreeMap::new(),
            known_ends: KnownEnds::new(scenario),
        };
        for &config in configs {
            checks.add_server(config);
        }
        checks
    }

    fn add_server(&mut self, config: ServerConfig) {
        let server = ServerId::new(self.servers.len());
        if let Some(host) = config.role.host() {
            self.workers.entry(host).or_default().push(server);
        }
        self.servers.push(ServerRecord::new(config));
    }

    /// Records that the server of these calls has died.
    pub(super) fn server_died(&mut self, calls: &[CallId]) {
        self.died.extend(calls);
    }

    /// Records an event.
    pub(super) fn event(&mut self, event: Event, now: Duration) {
        self.returned = None;
        self.useless = None;
        self.cancelled = None;
        match event {
            Event::TaskSent { task, .. } => {
                self.open.insert(task, TaskRecord::default());
            }
            Event::InputClosed => self.input_closed = true,
            Event::CallBegan { call, worker, .. } => {
                self.by.insert(call, worker);
            }
            Event::CallReturned { call, outcome } => self.call_returned(call, outcome, now),
            Event::ServerAdded { config } => self.add_server(config),
            Event::TaskCancelled { task } => self.cancelled = Some(task),
            Event::JournalFailed => self.journal_failed = true,
            Event::DrainRequested => self.draining = true,
            Event::WindowChanged { is_full } => self.is_window_full = is_full,
            Event::ServerRemoved { .. }
            | Event::WorkerLost { .. }
            | Event::WorkerUnfit { .. }
            | Event::ServerDropped { .. }
            | Event::ProbeReturned { .. }
            | Event::Abandoned
            | Event::TimerFired => {}
        }
    }

    fn call_returned(&mut self, call: CallId, outcome: Result<(), ErrorKind>, now: Duration) {
        let (task, server) = self.running.remove(&call).expect("it was running");
        self.isolated.remove(&call);
        self.perhaps_isolated.remove(&call);
        let record = &mut self.servers[server.index()];
        record.running -= 1;
        record.trials.remove(&call);
        let server = self.by.remove(&call).unwrap_or(server);
        let is_wanted = task.is_some();
        self.known_ends
            .call_returned(call, is_wanted && outcome.is_ok(), now);
        if let Some(task) = task {
            if let Err(ErrorKind::Busy {
                retry_after: Some(pause),
            }) = outcome
            {
                record.refuses(pause, now);
            }
            self.returned = Some((task, outcome));
            self.useless = (outcome == Err(ErrorKind::Wrong)).then_some(server);
            self.call_ended(task, call, server, outcome);
        }
    }

    /// Records the outcome of a call for its task.
    fn call_ended(
        &mut self,
        task: TaskId,
        call: CallId,
        server: ServerId,
        outcome: Result<(), ErrorKind>,
    ) {
        let answered = &mut self.servers[server.index()].has_answered;
        let class = outcome.map_err(|kind| kind.class(*answered));
        *answered |= matches!(outcome, Ok(()) | Err(ErrorKind::Fault { .. }));
        let record = self.open.get_mut(&task).expect("a wanted call's task");
        assert!(record.calls.remove(&call));
        let hedge = record.hedge_calls.remove(&call);
        // A server that ends at its time, as it had said, costs its tasks nothing.
        let ended = self.servers[server.index()].has_ended;
        let may_have_run = outcome.is_err_and(ErrorKind::may_have_run) && !ended;
        record.attempts += u32::from(may_have_run && !hedge);
        let contested = class == Err(FailureClass::Contested);
        record.firm_attempts += u32::from(may_have_run && !hedge && !contested);
        let not_found = matches!(outcome, Err(ErrorKind::NotFound | ErrorKind::Forbidden));
        if let Err(kind) = outcome
            && (class == Err(FailureClass::Contested) || not_found)
        {
            record.contested += 1;
            record.cases.insert(server, kind);
            record.lost = false;
        } else {
            record.lost_by.insert(server);
            record.lost = true;
        }
        record.costs = may_have_run;
        if outcome == Err(ErrorKind::Interrupted) && !ended {
            record.breaks += 1;
            record.deaths += u32::from(self.died.contains(&call));
        }
    }

    /// Checks and records an action.
    pub(super) fn action(&mut self, action: Action, now: Duration) {
        match action {
            Action::StartCall {
                task,
                call,
                server,
                reason,
            } => self.call_starts(task, call, server, reason, now),
            Action::CancelCall { call, .. } => {
                let task = self.call_cancelled(call);
                // A call that is given up: its task goes on.
                if let Some(record) = self.open.get_mut(&task) {
                    assert!(record.calls.remove(&call));
                    record.hedge_calls.remove(&call);
                    (record.costs, record.lost) = (false, true);
                }
            }
            Action::LoseCall {
                call,
                task,
                server,
                reason,
            } => {
                assert_eq!(self.call_cancelled(call), task);
                let kind = match reason {
                    LossReason::TimeLimit => ErrorKind::TimedOut,
                    LossReason::ServerRestarted => ErrorKind::Interrupted,
                };
                self.call_ended(task, call, server, Err(kind));
                self.returned = Some((task, Err(kind)));
            }
            Action::DeliverResult { task, .. } => {
                assert_eq!(self.returned, Some((task, Ok(()))), "not its result");
                self.task_ends(task);
            }
            Action::FailTask { task, reason, .. } => self.task_fails(task, reason),
            Action::SetAside {
                server,
                until,
                reason,
            } => {
                let record = &mut self.servers[server.index()];
                record.refused = reason == AsideReason::Refused;
                assert_ne!(record.state, State::Out);
                assert!(until <= now + Duration::from_secs(60));
                record.set_state(State::Aside(until), now);
                record.trials.clear();
            }
            Action::UseReserve { server } => {
                let others = self.servers.iter().filter(|record| !record.reserve);
                let mut others = others.filter(|record| !record.is_ending);
                assert!(
                    others.all(|record| record.state != State::Up),
                    "others are left"
                );
                let record = &mut self.servers[server.index()];
                assert_eq!(record.state, State::Reserve);
                record.set_state(State::Up, now);
            }
            Action::TakeBack { server } => {
                let record = &mut self.servers[server.index()];
                assert!(matches!(record.state, State::Aside(_) | State::Alias));
                record.refused = false;
                record.set_state(State::Up, now);
            }
            Action::SetEnding { server, is_ending } => self.set_ending(server, is_ending, now),
            Action::SetAlias { server, of } => {
                let holder = self.servers[of.index()].state;
                assert!(
                    matches!(holder, State::Up | State::Aside(_)),
                    "nobody has it"
                );
                let record = &mut self.servers[server.index()];
                assert!(matches!(record.state, State::Up | State::Aside(_)));
                record.set_state(State::Alias, now);
            }
            Action::MarkOut { server } => self.servers[server.index()].set_state(State::Out, now),
            Action::SetSlots { server, slots } => self.servers[server.index()].slots = slots,
            Action::AskAgain { server } => {
                let record = &mut self.servers[server.index()];
                assert!(matches!(record.state, State::Aside(_)));
                record.state = State::Aside(now);
            }
            Action::ProbeServer { .. }
            | Action::NoteInstances { .. }
            | Action::StartWaiting { .. }
            | Action::StopWaiting => {}
            Action::EndRun(end) => self.run_ends(end),
        }
    }

    /// Records that a call is cancelled, once. Returns its task.
    fn call_cancelled(&mut self, call: CallId) -> TaskId {
        let (task, _) = self.running.get_mut(&call).expect("it is running");
        task.take().expect("it is cancelled once")
    }

    /// Returns whether a full window holds a task back: it has had no call, and an older one is
    /// open.
    fn is_held_back(&self, task: TaskId) -> bool {
        let is_oldest = self.open.keys().next() == Some(&task);
        self.is_window_full && !is_oldest && !self.open[&task].called
    }

    /// Returns whether the call's server was set aside, or is out, since the call
    /// started. Only such calls are doubted.
    fn may_be_doubted(&self, call: CallId) -> bool {
        let record = &self.servers[self.running[&call].1.index()];
        record.state == State::Out || record.asides > self.asides[&call]
    }
}
