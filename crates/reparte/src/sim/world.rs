//! A virtual world: the plan, virtual servers and virtual time.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::{CallId, ServerId, TaskId};
use crate::plan::Plan;
use crate::plan::action::{Action, AsideReason, CallReason, RunEnd, TaskFailure};
use crate::plan::event::{Event, ServerConfig};
use crate::plan::random::SplitMix;
use crate::sim::agenda::{Agenda, Incident};
use crate::sim::checks::Checks;
use crate::sim::digest::Digest;
use crate::sim::queue::Queue;
use crate::sim::scenario::Scenario;
use crate::sim::script::RunScript;
use crate::sim::troubles::Flaw;
use crate::sim::virtual_server::VirtualServer;
use crate::sim::window::Window;

/// Time after a proxy's gap from which on its failures have no effect any more.
const LATE: Duration = Duration::from_secs(10);

/// One run of a scenario, under one seed.
pub(super) struct World {
    pub(super) scenario: Scenario,
    pub(super) random: SplitMix,
    pub(super) plan: Plan,
    /// The host and its workers, if there are any.
    pub(super) queue: Option<Queue>,
    pub(super) now: Duration,
    pub(super) agenda: Agenda,
    pub(super) servers: Vec<VirtualServer>,
    /// The server of each call in flight, and the outcome that it will have.
    pub(super) calls: BTreeMap<CallId, (ServerId, Result<(), ErrorKind>)>,
    /// Calls of tasks that kill their servers.
    pub(super) deadly: BTreeMap<CallId, TaskId>,
    /// Number of servers that each such task has killed.
    pub(super) kills: BTreeMap<TaskId, u32>,
    failed: BTreeMap<TaskId, TaskFailure>,
    /// The servers that were suspected [`LATE`] after a proxy's last gap.
    suspected_late: Vec<ServerId>,
    retries: u64,
    /// Number of results.
    delivered: u64,
    /// Number of tasks sent.
    sent: u64,
    input_closed: bool,
    window: Window,
    observer: Observer,
}

/// The observer of a run.
enum Observer {
    None,
    /// The checks of what was promised, and the script that is printed if one
    /// fails.
    Checks(Box<(Checks, RunScript)>),
    Digest(Digest),
}

/// The result of a run.
pub(super) struct RunResult {
    pub(super) end: RunEnd,
    pub(super) failed: BTreeMap<TaskId, TaskFailure>,
    /// Number of results.
    pub(super) delivered: u64,
    /// The tasks sent that kill their servers.
    pub(super) poison: Vec<TaskId>,
    /// Number of servers that each of them has killed.
    pub(super) kills: BTreeMap<TaskId, u32>,
    /// The tasks sent that fail on every server.
    pub(super) bad: Vec<TaskId>,
    /// Number of calls that each server has had.
    pub(super) calls: Vec<u64>,
    pub(super) sent: u64,
    /// A task has fewer attempts than show whose fault it is.
    pub(super) few_attempts: bool,
    pub(super) elapsed: Duration,
    /// Number of slots of all servers.
    pub(super) slots: usize,
    /// Number of servers with a flaw.
    pub(super) flawed: usize,
    /// Number of times for which a proxy has answered in place of every server.
    pub(super) proxy_gaps: usize,
    /// The servers that were suspected long after a proxy's last gap.
    pub(super) suspected_late: Vec<ServerId>,
    /// Number of calls that were no hedge, and not the first of their task.
    pub(super) retries: u64,
    /// The servers that fail every call, with their slots.
    pub(super) broken: Vec<(usize, usize)>,
    /// Printed if a check of this result panics.
    script: Option<RunScript>,
    /// The digest of a run that was to have one.
    pub(super) digest: Option<Digest>,
}

impl RunResult {
    /// Drops the script, since the result was checked.
    pub(super) fn forget_script(&mut self) {
        self.script = None;
    }
}

impl World {
    /// Creates a world that is checked after every step.
    pub(super) fn new(scenario: Scenario, random: SplitMix) -> Self {
        let mut world = Self::unchecked(scenario, random);
        let configs: Vec<ServerConfig> = world.servers.iter().map(|s| s.config).collect();
        let checks = Checks::new(&world.scenario, &configs);
        let script = RunScript::new(&world.scenario, &configs, world.plan.seed());
        world.observer = Observer::Checks(Box::new((checks, script)));
        world
    }

    /// Creates a world whose events and actions are digested.
    pub(super) fn digested(scenario: Scenario, random: SplitMix, digest: Digest) -> Self {
        let mut world = Self::unchecked(scenario, random);
        world.observer = Observer::Digest(digest);
        world
    }

    /// Creates a world that nothing follows, to measure its cost.
    pub(super) fn unchecked(scenario: Scenario, mut random: SplitMix) -> Self {
        let mut servers = Vec::new();
        for &slots in &scenario.slots {
            let (status, refusals) = (scenario.all_report_status, scenario.refusals);
            servers.push(VirtualServer::new(slots, status, refusals, &mut random));
        }
        for _ in 0..scenario.malformed {
            let server = random.below(servers.len() as u64) as usize;
            servers[server].malformed = true;
        }
        let mut queue = Self::queue_of(&mut servers, &scenario.workers);
        if let Some(queue) = &mut queue {
            queue.tells = scenario.troubles.tells;
        }
        if scenario.all_serial {
            servers.iter_mut().for_each(VirtualServer::make_serial);
        }
        for _ in 0..scenario.reserves {
            servers.push(VirtualServer::in_reserve(&mut random));
        }
        for server in &mut servers {
            server.set_machine_may_go(scenario.machines_go);
            if scenario.troubles.forwarded {
                server.forward();
            }
        }
        let configs: Vec<ServerConfig> = servers.iter().map(|server| server.config).collect();
        let options = scenario.plan_options(random.below(u64::MAX));
        let mut world = Self {
            plan: Plan::new(&configs, options),
            queue,
            now: Duration::ZERO,
            agenda: Agenda::default(),
            servers,
            calls: BTreeMap::new(),
            deadly: BTreeMap::new(),
            kills: BTreeMap::new(),
            failed: BTreeMap::new(),
            suspected_late: Vec::new(),
            retries: 0,
            delivered: 0,
            sent: 0,
            input_closed: false,
            window: Window::default(),
            observer: Observer::None,
            scenario,
            random,
        };
        world.enter_incidents();
        world.enter_gaps();
        world
    }

    /// Enters the scenario's incidents into the agenda, at random times.
    fn enter_incidents(&mut self) {
        let scenario = &self.scenario;
        let incidents = [
            (scenario.deaths, Incident::Dies as fn(ServerId) -> Incident),
            (scenario.hangs, Incident::Hangs),
            (scenario.removals, Incident::ServerRemoved),
            (scenario.additions, |_| Incident::ServerAdded),
            (scenario.cancellations, |_| Incident::TaskCancelled),
            (scenario.journal_fails.into(), |_| Incident::JournalFails),
            (scenario.drained.into(), |_| Incident::Drained),
        ];
        for (times, incident) in incidents {
            for _ in 0..times {
                let server = self.random.below(self.servers.len() as u64);
                let at = Duration::from_millis(self.random.below(6000));
                let server = ServerId::new(server as usize);
                self.agenda.enter(at, incident(server));
            }
        }
    }

    /// Returns the servers that fail every call, with their slots.
    fn broken(&self) -> Vec<(usize, usize)> {
        let flaws = self.scenario.troubles.flaws.iter();
        let broken = flaws.filter(|(_, flaw)| matches!(flaw, Flaw::Always(_) | Flaw::Crashes));
        broken
            .map(|&(server, _)| (server, self.servers[server].true_slots))
            .collect()
    }

    fn enter_gaps(&mut self) {
        for &(server, at) in &self.scenario.troubles.drops {
            let server = ServerId::new(server);
            self.agenda.enter(at, Incident::ServerDropped(server));
        }
        for end in &self.scenario.troubles.ends {
            let server = ServerId::new(end.server);
            self.servers[end.server].ends_at = Some(end.at);
            self.agenda.enter(end.at, Incident::TimeEnds(server));
            let over = end.at + end.grace;
            self.agenda.enter(over, Incident::GraceEnds(server));
            if let Some(back) = end.back {
                self.agenda.enter(over + back, Incident::Recovers(server));
            }
        }
        for gap in &self.scenario.troubles.gaps {
            let server = ServerId::new(gap.server);
            self.agenda.enter(gap.from, Incident::GapBegins(server));
            self.agenda.enter(gap.to, Incident::Recovers(server));
        }
    }

    /// Runs to the end.
    pub(super) fn run(mut self) -> RunResult {
        let mut steps = 0_u64;
        let mut end = self.step(Event::TimerFired);
        while end.is_none() {
            end = self
                .read_results()
                .or_else(|| self.send_tasks())
                .or_else(|| self.next());
            steps += 1;
            assert!(
                steps < 3000 * (self.scenario.tasks + 1000),
                "no end in sight"
            );
        }
        if let Observer::Checks(checks) = &self.observer
            && self.scenario.replays
        {
            checks.1.check_replay();
        }
        let sent = (0..self.sent).map(TaskId::new);
        let bad = sent
            .clone()
            .filter(|&task| self.scenario.bad_task(task).is_some());
        let broken = self.broken();
        let (digest, script) = match self.observer {
            Observer::Digest(digest) => (Some(digest), None),
            Observer::Checks(checks) => (None, Some(checks.1)),
            Observer::None => (None, None),
        };
        RunResult {
            script,
            end: end.expect("the loop ends with one"),
            poison: sent.filter(|&task| self.scenario.is_poison(task)).collect(),
            bad: bad.collect(),
            calls: self.servers.iter().map(|server| server.calls).collect(),
            sent: self.sent,
            few_attempts: self.scenario.max_attempts < 10,
            elapsed: self.now,
            slots: self.servers.iter().map(|server| server.true_slots).sum(),
            proxy_gaps: self.scenario.troubles.proxy.len(),
            suspected_late: self.suspected_late,
            retries: self.retries,
            flawed: self.scenario.troubles.flaws.len(),
            broken,
            failed: self.failed,
            delivered: self.delivered,
            kills: self.kills,
            digest,
        }
    }

    /// Gives the caller the results whose turn it is. Tells the plan if the window is full.
    fn read_results(&mut self) -> Option<RunEnd> {
        let limit = self.scenario.window?;
        let is_full = self.window.read() >= limit;
        let before = std::mem::replace(&mut self.window.is_full, is_full);
        (is_full != before).then(|| self.step(Event::WindowChanged { is_full }))?
    }

    /// Sends as many tasks as the plan accepts.
    fn send_tasks(&mut self) -> Option<RunEnd> {
        while self.sent < self.scenario.tasks && self.plan.accepts_task() {
            let task = TaskId::new(self.sent);
            self.sent += 1;
            let cost = match self.scenario.costs {
                true => self.random.below(50),
                false => 0,
            };
            let end = self.step(Event::TaskSent { task, cost });
            if end.is_some() {
                return end;
            }
        }
        if self.sent < self.scenario.tasks || self.input_closed {
            return None;
        }
        self.input_closed = true;
        self.step(Event::InputClosed)
    }

    /// Has the next thing happen: the plan's timer, or an incident.
    fn next(&mut self) -> Option<RunEnd> {
        let incident_at = self.agenda.next_at();
        if let Some(timer) = self.plan.next_timer()
            && incident_at.is_none_or(|at| timer <= at)
        {
            self.now = timer;
            return self.step(Event::TimerFired);
        }
        let next = self.agenda.pop();
        let (at, incident) = next.expect("hangs: nothing will ever happen");
        self.now = at;
        let event = self.happens(incident);
        let end = event.and_then(|event| self.step(event));
        self.dispatch();
        end
    }

    /// Has an incident happen. Returns the event that the plan gets of it.
    fn happens(&mut self, incident: Incident) -> Option<Event> {
        match incident {
            Incident::CallEnds(call) => return self.call_ends(call),
            Incident::WorkTold(call, worker, began) => return self.work_told(call, worker, began),
            Incident::WorkEnds(call, worker, began) => return self.work_ends(call, worker, began),
            Incident::LeaseEnds(call, _) => return self.lease_ends(call),
            Incident::WorkerReturns(worker) => return self.worker_returns(worker),
            Incident::WorkerForgotten(worker) => return self.worker_forgotten(worker),
            Incident::Dies(worker) if self.is_worker(worker) => self.worker_dies(worker),
            Incident::ProbeEnds(server, probe) => return self.probe_ends(server, probe),
            Incident::Dies(server) => self.die(server),
            Incident::Hangs(server) => self.hang(server),
            Incident::Recovers(server) => self.recover(server),
            Incident::GapBegins(server) => self.go_down(server),
            Incident::TimeEnds(server) => self.time_ends(server),
            Incident::GraceEnds(server) => self.grace_ends(server),
            Incident::ServerAdded => return Some(self.add_server()),
            Incident::ServerRemoved(server) => return Some(Event::ServerRemoved { server }),
            Incident::ServerDropped(server) => return Some(Event::ServerDropped { server }),
            Incident::JournalFails => return Some(Event::JournalFailed),
            Incident::Drained => return Some(Event::DrainRequested),
            Incident::TaskCancelled if self.sent == 0 => {}
            Incident::TaskCancelled => {
                let task = TaskId::new(self.random.below(self.sent));
                return Some(Event::TaskCancelled { task });
            }
        }
        None
    }

    fn is_worker(&self, server: ServerId) -> bool {
        self.servers[server.index()].config.role.host().is_some()
    }

    /// Gives the plan an event, and carries out what it asks for. Returns how
    /// the run has ended, if it has.
    fn step(&mut self, event: Event) -> Option<RunEnd> {
        match &mut self.observer {
            Observer::None => {}
            Observer::Checks(checks) => {
                checks.1.event(event, self.now);
                checks.0.event(event, self.now);
            }
            Observer::Digest(digest) => digest.event(event, self.now),
        }
        self.plan.handle(event, self.now);
        let timer = self.plan.next_timer();
        assert!(timer.is_none_or(|at| at > self.now), "a timer in the past");
        let mut end = None;
        while let Some(action) = self.plan.poll_action() {
            match &mut self.observer {
                Observer::None => {}
                Observer::Checks(checks) => {
                    checks.1.action(action);
                    checks.0.action(action, self.now);
                }
                Observer::Digest(digest) => digest.action(action),
            }
            end = end.or(self.carry_out(action));
        }
        self.dispatch();
        match &mut self.observer {
            Observer::None => {}
            Observer::Checks(checks) => {
                checks
                    .0
                    .settled(&self.plan, self.sent, end.is_some(), self.now);
                if self.scenario.strict_times && end.is_none() {
                    checks.0.check_times(&self.servers, self.now);
                }
            }
            Observer::Digest(digest) => digest.settled(&self.plan),
        }
        end
    }

    fn carry_out(&mut self, action: Action) -> Option<RunEnd> {
        match action {
            Action::StartCall {
                task,
                call,
                server,
                reason,
            } => {
                self.retries += u64::from(reason == CallReason::Retry);
                self.start_call(task, call, server);
            }
            Action::CancelCall { call, server } | Action::LoseCall { call, server, .. } => {
                self.cancel_call(call, server);
            }
            Action::ProbeServer { server } => self.probe(server),
            Action::FailTask { task, reason, .. } => {
                self.failed.insert(task, reason);
                self.window.ended.insert(task, false);
            }
            Action::EndRun(end) => return Some(end),
            Action::DeliverResult { task, .. } => {
                self.delivered += 1;
                self.window.ended.insert(task, true);
            }
            Action::SetAside {
                server,
                reason: AsideReason::Suspected,
                ..
            } => {
                let ends = self.scenario.troubles.proxy_ends();
                if ends.is_some_and(|end| self.now > end + LATE) {
                    self.suspected_late.push(server);
                }
            }
            Action::SetAside { .. }
            | Action::AskAgain { .. }
            | Action::TakeBack { .. }
            | Action::UseReserve { .. }
            | Action::MarkOut { .. }
            | Action::SetSlots { .. }
            | Action::NoteInstances { .. }
            | Action::SetEnding { .. }
            | Action::SetAlias { .. }
            | Action::StartWaiting { .. }
            | Action::StopWaiting => {}
        }
        None
    }

    /// Records that the time of a server is over, by its own word.
    pub(super) fn server_ended(&mut self, server: ServerId) {
        if let Observer::Checks(checks) = &mut self.observer {
            checks.0.server_ended(server);
        }
    }

    /// Records that the server of these calls has died.
    pub(super) fn server_died(&mut self, calls: &[CallId]) {
        if let Observer::Checks(checks) = &mut self.observer {
            checks.0.server_died(calls);
        }
    }
}
