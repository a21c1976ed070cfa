//! What must hold after every step, whatever the plan thinks.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::habits::Habits;
use super::ledger::Ledger;
use super::virtual_server::Virtual;
use crate::ids::ServerId;
use crate::plan::Plan;
use crate::plan::action::{Action, CallReason, LossReason, RunEnd, TaskFailure};
use crate::plan::event::{Event, ServerConfig};
use crate::{CallId, ErrorKind, RetryFaults, TaskId};

/// A second book of the run, kept from the events and actions alone.
pub(super) struct Checks {
    servers: Vec<Seen>,
    /// Each task without an answer.
    open: BTreeMap<TaskId, Open>,
    /// Each call that has not returned; without its task once it is cancelled.
    running: BTreeMap<CallId, (Option<TaskId>, ServerId)>,
    /// How often its server had been put aside when a call started.
    asides: BTreeMap<CallId, u32>,
    ended: BTreeSet<TaskId>,
    /// The call that an answer may now come from.
    returned: Option<(TaskId, Result<(), ErrorKind>)>,
    /// The task that may now be cancelled.
    cancelled: Option<TaskId>,
    closed: bool,
    /// The server whose answer has just shown that it is of no use.
    useless: Option<ServerId>,
    journal_failed: bool,
    stopped: bool,
    max_attempts: u32,
    retry_faults: RetryFaults,
    outage: Option<Duration>,
    /// Calls whose server has died under them.
    died: BTreeSet<CallId>,
    /// Calls of tasks that are to run alone.
    apart: BTreeSet<CallId>,
    ledger: Ledger,
}

#[derive(Default)]
struct Open {
    calls: BTreeSet<CallId>,
    called: bool,
    /// The server that failed it last.
    failed_by: Option<ServerId>,
    /// Calls that may have run and brought nothing.
    tries: u32,
    /// How often it was aboard when a server died.
    deaths: u32,
    /// How often it may seem so.
    breaks: u32,
    /// The next call has to be paid for: its last one may have run.
    costs: bool,
}

struct Seen {
    slots: usize,
    running: usize,
    state: State,
    /// Since when it is up, or is not.
    since: Duration,
    /// How often it was put aside.
    asides: u32,
    /// It is, or was, kept for when no other is left.
    reserve: bool,
    /// The calls started since it was put aside that have not returned.
    trials: BTreeSet<CallId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Up,
    Aside(Duration),
    Out,
    Reserve,
}

impl Checks {
    pub(super) fn new(habits: &Habits, sites: &[ServerConfig]) -> Self {
        Self {
            servers: sites.iter().map(|&site| Seen::new(site)).collect(),
            open: BTreeMap::new(),
            running: BTreeMap::new(),
            asides: BTreeMap::new(),
            ended: BTreeSet::new(),
            returned: None,
            cancelled: None,
            closed: false,
            useless: None,
            journal_failed: false,
            stopped: false,
            max_attempts: habits.max_attempts,
            retry_faults: habits.retry_faults.clone(),
            outage: habits.outage,
            died: BTreeSet::new(),
            apart: BTreeSet::new(),
            ledger: Ledger::default(),
        }
    }

    /// These calls' server has died.
    pub(super) fn died(&mut self, calls: &[CallId]) {
        self.died.extend(calls);
    }

    pub(super) fn told(&mut self, event: Event) {
        self.returned = None;
        self.useless = None;
        self.cancelled = None;
        match event {
            Event::TaskSent { task, .. } => {
                self.open.insert(task, Open::default());
            }
            Event::InputClosed => self.closed = true,
            Event::CallReturned { call, outcome } => {
                let (task, server) = self.running.remove(&call).expect("it was running");
                self.apart.remove(&call);
                let seen = &mut self.servers[server.index()];
                seen.running -= 1;
                seen.trials.remove(&call);
                if let Some(task) = task {
                    self.returned = Some((task, outcome));
                    let useless = matches!(
                        outcome,
                        Err(ErrorKind::Refused | ErrorKind::NotFound | ErrorKind::Wrong)
                    );
                    self.useless = useless.then_some(server);
                    self.call_failed(task, call, server, outcome);
                }
            }
            Event::ServerAdded { config } => self.servers.push(Seen::new(config)),
            Event::TaskCancelled { task } => self.cancelled = Some(task),
            Event::ServerRemoved { .. }
            | Event::ProbeReturned { .. }
            | Event::Abandoned
            | Event::TimerFired => {}
            Event::JournalFailed => self.journal_failed = true,
            Event::DrainRequested => self.stopped = true,
        }
    }

    fn call_failed(
        &mut self,
        task: TaskId,
        call: CallId,
        server: ServerId,
        outcome: Result<(), ErrorKind>,
    ) {
        let open = self.open.get_mut(&task).expect("a wanted call's task");
        assert!(open.calls.remove(&call));
        open.failed_by = Some(server);
        let may_have_run = outcome.is_err_and(ErrorKind::may_have_run);
        open.tries += u32::from(may_have_run);
        open.costs = may_have_run;
        if outcome == Err(ErrorKind::Interrupted) {
            open.breaks += 1;
            open.deaths += u32::from(self.died.contains(&call));
        }
    }

    pub(super) fn asked(&mut self, action: Action, now: Duration) {
        match action {
            Action::StartCall {
                task,
                call,
                server,
                reason,
            } => self.started(task, call, server, reason, now),
            Action::CancelCall { call, .. } => {
                self.drained(call);
            }
            Action::LoseCall {
                call,
                task,
                server,
                reason,
            } => {
                assert_eq!(self.drained(call), Some(task));
                let kind = match reason {
                    LossReason::TimeLimit => ErrorKind::TimedOut,
                    LossReason::ServerRestarted => ErrorKind::Interrupted,
                };
                self.call_failed(task, call, server, Err(kind));
                self.returned = Some((task, Err(kind)));
            }
            Action::DeliverResult { task, .. } => {
                assert_eq!(self.returned, Some((task, Ok(()))), "not its result");
                self.end(task);
            }
            Action::FailTask { task, reason, .. } => self.failed(task, reason),
            Action::SetAside { server, until, .. } => {
                let seen = &mut self.servers[server.index()];
                assert_ne!(seen.state, State::Out);
                assert!(until <= now + Duration::from_secs(60));
                seen.set(State::Aside(until), now);
                seen.trials.clear();
            }
            Action::UseReserve { server } => {
                let others = self.servers.iter().filter(|seen| !seen.reserve);
                let mut states = others.map(|seen| seen.state);
                assert!(states.all(|state| state != State::Up), "others are left");
                let seen = &mut self.servers[server.index()];
                assert_eq!(seen.state, State::Reserve);
                seen.set(State::Up, now);
            }
            Action::TakeBack { server } => {
                let seen = &mut self.servers[server.index()];
                assert!(matches!(seen.state, State::Aside(until) if until <= now));
                seen.set(State::Up, now);
            }
            Action::MarkOut { server } => self.servers[server.index()].set(State::Out, now),
            Action::SetSlots { server, slots } => self.servers[server.index()].slots = slots,
            Action::ProbeServer { .. } => {}
            Action::EndRun(end) => self.check_end(end),
        }
    }

    fn started(
        &mut self,
        task: TaskId,
        call: CallId,
        server: ServerId,
        reason: CallReason,
        now: Duration,
    ) {
        let waits = |open: &Open| open.calls.is_empty() && open.breaks < 2;
        assert!(!self.stopped, "a call after the stop");
        let nothing_waits = !self.open.values().any(waits);
        let seen = &mut self.servers[server.index()];
        seen.running += 1;
        assert!(seen.running <= seen.slots, "server {server} has no slot");
        match seen.state {
            State::Up => {}
            State::Aside(until) => {
                assert!(until <= now, "server {server} is called too soon");
                assert!(seen.trials.is_empty(), "server {server} is on trial");
                assert_ne!(
                    reason,
                    CallReason::Hedge,
                    "server {server} is tried by a hedge"
                );
                seen.trials.insert(call);
            }
            State::Out => panic!("server {server} is out"),
            State::Reserve => panic!("server {server} is in reserve"),
        }
        let open = self.open.get(&task).expect("it has no answer");
        let elsewhere = |other: &CallId| self.running[other].1;
        match reason {
            CallReason::First => assert!(!open.called && open.calls.is_empty()),
            // Only those whose server was put aside meanwhile are doubted.
            CallReason::Retry => assert!(
                open.called
                    && open.calls.iter().all(|other| {
                        let seen = &self.servers[elsewhere(other).index()];
                        seen.state == State::Out || seen.asides > self.asides[other]
                    }),
                "task {task} runs already"
            ),
            CallReason::Hedge => assert!(
                nothing_waits
                    && open.calls.len() == 1
                    && open.calls.iter().all(|other| elsewhere(other) != server),
                "no hedge for task {task}"
            ),
        }
        self.check_alone(task, call, server);
        self.ledger.slots = self.ledger.slots.max(self.slots());
        let open = self.open.get_mut(&task).expect("it has no answer");
        let pays = reason == CallReason::Retry && open.costs && open.calls.is_empty();
        self.ledger.retries += u64::from(pays && open.breaks < 2);
        self.ledger.first_calls += u64::from(reason == CallReason::First);
        self.ledger.check(now);
        open.calls.insert(call);
        open.called = true;
        assert!(self.running.insert(call, (Some(task), server)).is_none());
        self.asides
            .insert(call, self.servers[server.index()].asides);
    }

    /// A task that was aboard at two deaths starts when nothing else waits or
    /// runs, and has its server to itself.
    fn check_alone(&mut self, task: TaskId, call: CallId, server: ServerId) {
        let shares = |other: &CallId| self.running[other].1 == server;
        assert!(
            !self.apart.iter().any(shares),
            "server {server} is taken by a task that runs alone"
        );
        if self.open[&task].deaths < 2 {
            return;
        }
        let is_doubted = |other: &CallId| {
            let seen = &self.servers[self.running[other].1.index()];
            seen.state == State::Out || seen.asides > self.asides[other]
        };
        for (other, open) in &self.open {
            let held = open.calls.is_empty() && open.breaks >= 2;
            let doubted = !open.calls.is_empty() && open.calls.iter().all(is_doubted);
            assert!(
                *other == task || held || doubted,
                "task {task} does not run alone, but beside task {other}"
            );
        }
        self.apart.insert(call);
    }

    /// The call is cancelled: its task, if it had not been before.
    fn drained(&mut self, call: CallId) -> Option<TaskId> {
        let (task, _) = self.running.get_mut(&call).expect("it is running");
        let task = task.take().expect("it is cancelled once");
        // A task that has ended is not open any more.
        Some(task)
    }

    fn failed(&mut self, task: TaskId, reason: TaskFailure) {
        match reason {
            TaskFailure::Cancelled => assert_eq!(self.cancelled, Some(task)),
            TaskFailure::GivenUp => assert!(self.open[&task].tries >= self.max_attempts),
            TaskFailure::Poison => assert!(self.open[&task].breaks >= 3),
            TaskFailure::Answered => {
                if let Some((_, Err(ErrorKind::Fault { code }))) = self.returned
                    && self.retry_faults.contain(code)
                {
                    assert!(self.open[&task].tries >= self.max_attempts);
                }
                let answered = matches!(
                    self.returned,
                    Some((of, Err(ErrorKind::Fault { .. } | ErrorKind::Unsendable))) if of == task
                );
                assert!(answered, "task {task} fails by {:?}", self.returned);
            }
        }
        self.end(task);
    }

    fn end(&mut self, task: TaskId) {
        assert!(self.open.remove(&task).is_some());
        assert!(self.ended.insert(task), "task {task} ends twice");
    }

    fn check_end(&self, end: RunEnd) {
        let wanted = self.running.values().any(|(task, _)| task.is_some());
        assert!(!wanted, "{end:?} with calls in flight");
        let up = self.servers.iter().any(|seen| seen.state == State::Up);
        let kept = self.servers.iter().any(|seen| seen.state == State::Reserve);
        let lack = matches!(end, RunEnd::Outage { .. } | RunEnd::NoServers);
        assert!(!(lack && kept), "the reserve is not used");
        match end {
            RunEnd::Completed => assert!(self.closed && self.open.is_empty()),
            RunEnd::Outage { after } => assert!(!up && self.outage == Some(after)),
            RunEnd::NoServers => assert!(self.servers.iter().all(|seen| seen.state == State::Out)),
            RunEnd::Drained => assert!(self.stopped),
            RunEnd::Abandoned => panic!("nobody abandoned it"),
            RunEnd::JournalFailed => assert!(self.journal_failed),
        }
    }

    /// After all actions of a step.
    pub(super) fn settled(&self, plan: &Plan, sent: u64, over: bool) {
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
        if !over && !self.stopped {
            self.check_nothing_starves(plan.pays_for_retries());
        }
    }

    fn slots(&self) -> usize {
        self.servers.iter().map(|seen| seen.slots).sum()
    }

    /// A server that is up has no free slot while a task waits that may use
    /// it: all but those that it failed itself, while another one is up, those
    /// whose next call nothing pays for, and those that are to run alone.
    fn check_nothing_starves(&self, paid: bool) {
        let others_up = self.servers.iter().filter(|s| s.state == State::Up).count() > 1;
        for (index, seen) in self.servers.iter().enumerate() {
            if seen.state != State::Up || seen.running >= seen.slots {
                continue;
            }
            let server = ServerId::new(index);
            for (task, open) in &self.open {
                let keeps_off = others_up && open.failed_by == Some(server);
                let delayed = open.costs && !paid;
                let apart = open.breaks >= 2;
                let served = !open.calls.is_empty() || keeps_off || delayed || apart;
                assert!(served, "task {task} waits beside server {server}");
            }
        }
    }

    /// A server that hangs is found out within 3.5 s, and one that is well
    /// again is in use within 5 s.
    pub(super) fn times(&self, servers: &[Virtual], now: Duration) {
        const FOUND: Duration = Duration::from_millis(3500);
        const BACK: Duration = Duration::from_millis(5001);
        for (index, (seen, there)) in self.servers.iter().zip(servers).enumerate() {
            let since = now.saturating_sub(there.since.max(seen.since));
            match seen.state {
                State::Up if there.hung && there.known => {
                    assert!(since <= FOUND, "server {index} hangs unnoticed");
                }
                State::Aside(_) if there.is_well() => {
                    assert!(since <= BACK, "server {index} is back unnoticed");
                }
                _ => {}
            }
        }
    }
}

impl Seen {
    fn new(site: ServerConfig) -> Self {
        Self {
            slots: site.slots,
            running: 0,
            state: match site.reserve {
                true => State::Reserve,
                false => State::Up,
            },
            since: Duration::ZERO,
            asides: 0,
            reserve: site.reserve,
            trials: BTreeSet::new(),
        }
    }

    fn set(&mut self, state: State, now: Duration) {
        if !matches!((self.state, state), (State::Aside(_), State::Aside(_))) {
            self.since = now;
        }
        self.asides += u32::from(matches!(state, State::Aside(_)));
        self.state = state;
    }
}
