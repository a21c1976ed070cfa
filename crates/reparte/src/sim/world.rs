//! Virtual servers and virtual time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use super::checks::Checks;
use super::habits::Habits;
use super::log::Log;
use super::virtual_server::{Kind, PROBE_TIMEOUT, Virtual};
use crate::ids::ServerId;
use crate::plan::Plan;
use crate::plan::action::{Action, RunEnd, TaskFailure};
use crate::plan::event::{Event, ServerConfig, ServerStatus};
use crate::plan::random::SplitMix;
use crate::{CallId, ErrorKind, TaskId};

pub(super) struct World {
    pub(super) habits: Habits,
    pub(super) random: SplitMix,
    plan: Plan,
    pub(super) now: Duration,
    /// What is to happen, the first at the top; the number keeps the order.
    agenda: BinaryHeap<Reverse<(Duration, u64, What)>>,
    entries: u64,
    pub(super) servers: Vec<Virtual>,
    pub(super) calls: BTreeMap<CallId, (ServerId, Result<(), ErrorKind>)>,
    /// Calls of tasks that kill their servers, and how many each has killed.
    deadly: BTreeMap<CallId, TaskId>,
    kills: BTreeMap<TaskId, u32>,
    failed: BTreeMap<TaskId, TaskFailure>,
    sent: u64,
    closed: bool,
    checks: Option<(Checks, Log)>,
}

/// What became of a world's run.
pub(super) struct Outcome {
    pub(super) end: RunEnd,
    pub(super) failed: BTreeMap<TaskId, TaskFailure>,
    /// The tasks that kill servers, and how many each has killed.
    pub(super) poison: Vec<TaskId>,
    pub(super) kills: BTreeMap<TaskId, u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Ends(CallId),
    Answers(ServerId, u64),
    Dies(ServerId),
    Hangs(ServerId),
    Recovers(ServerId),
    Joins,
    Leaves(ServerId),
    Cancels,
    JournalFails,
    Stops,
}

impl World {
    pub(super) fn new(habits: Habits, random: SplitMix) -> Self {
        let mut world = Self::unchecked(habits, random);
        let sites: Vec<ServerConfig> = world.servers.iter().map(|server| server.site).collect();
        let checks = Checks::new(&world.habits, &sites);
        let log = Log::new(&world.habits, &sites, world.plan.seed());
        world.checks = Some((checks, log));
        world
    }

    /// A world for measuring.
    pub(super) fn unchecked(habits: Habits, mut random: SplitMix) -> Self {
        let mut servers = Vec::new();
        for &slots in &habits.slots {
            let (ours, refusals) = (habits.all_ours, habits.refusals);
            servers.push(Virtual::new(slots, ours, refusals, &mut random));
        }
        for _ in 0..habits.liars {
            let liar = random.below(servers.len() as u64) as usize;
            servers[liar].lies = true;
        }
        for _ in 0..habits.reserves {
            servers.push(Virtual::in_reserve(&mut random));
        }
        for server in &mut servers {
            server.may_take_its_machine(habits.machines_go);
        }
        let sites: Vec<ServerConfig> = servers.iter().map(|server| server.site).collect();
        let options = habits.plan_options(random.below(u64::MAX));
        let mut world = Self {
            plan: Plan::new(&sites, options),
            now: Duration::ZERO,
            agenda: BinaryHeap::new(),
            entries: 0,
            servers,
            calls: BTreeMap::new(),
            deadly: BTreeMap::new(),
            kills: BTreeMap::new(),
            failed: BTreeMap::new(),
            sent: 0,
            closed: false,
            checks: None,
            habits,
            random,
        };
        world.write_agenda();
        world
    }

    fn write_agenda(&mut self) {
        let habits = &self.habits;
        let what = [
            (habits.deaths, What::Dies as fn(ServerId) -> What),
            (habits.hangs, What::Hangs),
            (habits.leaves, What::Leaves),
            (habits.joins, |_| What::Joins),
            (habits.cancels, |_| What::Cancels),
            (habits.journal_fails.into(), |_| What::JournalFails),
            (habits.stops.into(), |_| What::Stops),
        ];
        for (times, what) in what {
            for _ in 0..times {
                let server = self.random.below(self.servers.len() as u64);
                let at = Duration::from_millis(self.random.below(6000));
                self.enter(at, what(ServerId::new(server as usize)));
            }
        }
    }

    /// Runs to the end.
    pub(super) fn run(mut self) -> Outcome {
        let mut steps = 0_u64;
        let mut end = self.tell(Event::TimerFired);
        while end.is_none() {
            end = self.send().or_else(|| self.next());
            steps += 1;
            assert!(steps < 3000 * (self.habits.tasks + 1000), "no end in sight");
        }
        if let Some((_, log)) = &self.checks
            && self.habits.replays
        {
            log.check_replay();
        }
        let sent = (0..self.sent).map(TaskId::new);
        Outcome {
            end: end.expect("the loop ends with one"),
            poison: sent.filter(|&task| self.habits.is_poison(task)).collect(),
            failed: self.failed,
            kills: self.kills,
        }
    }

    fn send(&mut self) -> Option<RunEnd> {
        while self.sent < self.habits.tasks && self.plan.accepts_task() {
            let task = TaskId::new(self.sent);
            self.sent += 1;
            let cost = match self.habits.costs {
                true => self.random.below(50),
                false => 0,
            };
            let end = self.tell(Event::TaskSent { task, cost });
            if end.is_some() {
                return end;
            }
        }
        if self.sent < self.habits.tasks || self.closed {
            return None;
        }
        self.closed = true;
        self.tell(Event::InputClosed)
    }

    /// Lets the next thing happen.
    fn next(&mut self) -> Option<RunEnd> {
        let wake = self.plan.next_timer();
        let next = self.agenda.peek().map(|Reverse((at, ..))| *at);
        if let Some(wake) = wake
            && next.is_none_or(|next| wake <= next)
        {
            self.now = wake;
            return self.tell(Event::TimerFired);
        }
        let Reverse((at, _, what)) = self.agenda.pop().expect("hangs: nothing will ever happen");
        self.now = at;
        match what {
            What::Ends(call) => self.call_ends(call),
            What::Answers(server, question) => self.answers(server, question),
            What::Dies(server) => {
                self.die(server);
                None
            }
            What::Hangs(server) => {
                self.hang(server);
                None
            }
            What::Recovers(server) => {
                self.recover(server);
                None
            }
            What::Joins => {
                let mut joined = Virtual::new(1, self.habits.all_ours, false, &mut self.random);
                joined.may_take_its_machine(self.habits.machines_go);
                let config = joined.site;
                self.servers.push(joined);
                self.tell(Event::ServerAdded { config })
            }
            What::Leaves(server) => self.tell(Event::ServerRemoved { server }),
            What::JournalFails => self.tell(Event::JournalFailed),
            What::Stops => self.tell(Event::DrainRequested),
            What::Cancels if self.sent == 0 => None,
            What::Cancels => {
                let task = TaskId::new(self.random.below(self.sent));
                self.tell(Event::TaskCancelled { task })
            }
        }
    }

    fn call_ends(&mut self, call: CallId) -> Option<RunEnd> {
        let &(server, outcome) = self.calls.get(&call)?;
        let there = &mut self.servers[server.index()];
        // A call that the client has cut off ends whatever the server does.
        if there.hung && outcome != Err(ErrorKind::Cancelled) {
            there.frozen.push(call);
            return None;
        }
        if let Some(task) = self.deadly.remove(&call)
            && outcome == Ok(())
        {
            // The call ends with its server, by what that finds.
            self.kill(server, task);
            return None;
        }
        self.calls.remove(&call);
        self.tell(Event::CallReturned { call, outcome })
    }

    fn kill(&mut self, server: ServerId, task: TaskId) {
        *self.kills.entry(task).or_default() += 1;
        self.crash(server);
    }

    fn answers(&mut self, server: ServerId, question: u64) -> Option<RunEnd> {
        let there = &mut self.servers[server.index()];
        if there.question != Some(question) {
            return None;
        }
        there.question = None;
        let outcome: Result<Option<ServerStatus>, ErrorKind> = there.pulse();
        there.known |= matches!(outcome, Ok(Some(_)));
        self.tell(Event::ProbeReturned { server, outcome })
    }

    fn tell(&mut self, event: Event) -> Option<RunEnd> {
        if let Some((checks, log)) = &mut self.checks {
            log.told(event, self.now);
            checks.told(event);
        }
        self.plan.handle(event, self.now);
        let wake = self.plan.next_timer();
        assert!(wake.is_none_or(|wake| wake > self.now), "wakes in vain");
        let mut end = None;
        while let Some(action) = self.plan.poll_action() {
            if let Some((checks, log)) = &mut self.checks {
                log.asked(action);
                checks.asked(action, self.now);
            }
            match action {
                Action::StartCall {
                    task, call, server, ..
                } => self.start(task, call, server),
                Action::CancelCall { call, server } | Action::LoseCall { call, server, .. } => {
                    self.cancel(call, server);
                }
                Action::ProbeServer { server } => self.probe(server),
                Action::FailTask { task, reason, .. } => {
                    self.failed.insert(task, reason);
                }
                Action::EndRun(how) => end = Some(how),
                _ => {}
            }
        }
        if let Some((checks, _)) = &mut self.checks {
            checks.settled(&self.plan, self.sent, end.is_some());
            if self.habits.strict_times && end.is_none() {
                checks.times(&self.servers, self.now);
            }
        }
        end
    }

    /// These calls' server has died.
    pub(super) fn died(&mut self, calls: &[CallId]) {
        if let Some((checks, _)) = &mut self.checks {
            checks.died(calls);
        }
    }

    fn start(&mut self, task: TaskId, call: CallId, server: ServerId) {
        let poison = self.habits.is_poison(task);
        let there = &self.servers[server.index()];
        let (after, outcome) = if !there.alive {
            (there.unreachable_after, Err(there.absence()))
        } else if there.refuses {
            let kinds = [ErrorKind::Refused, ErrorKind::NotFound, ErrorKind::Wrong];
            let kind = kinds[self.random.below(3) as usize];
            (Duration::from_millis(1), Err(kind))
        } else if there.lies {
            (self.work(), Err(ErrorKind::Malformed))
        } else if poison {
            self.deadly.insert(call, task);
            (self.work(), Ok(()))
        } else if self.random.below(100) < self.habits.failures_percent {
            self.failure()
        } else {
            (self.work(), Ok(()))
        };
        self.calls.insert(call, (server, outcome));
        self.enter(self.now + after, What::Ends(call));
    }

    fn cancel(&mut self, call: CallId, server: ServerId) {
        if self.servers[server.index()].deaf {
            return;
        }
        if let Some((_, outcome)) = self.calls.get_mut(&call) {
            *outcome = Err(ErrorKind::Cancelled);
            let soon = Duration::from_millis(self.random.below(2));
            self.enter(self.now + soon, What::Ends(call));
        }
    }

    fn probe(&mut self, server: ServerId) {
        let slow = self.random.below(100) < self.habits.slow_percent;
        let late = Duration::from_millis(300 + self.random.below(2500));
        let there = &mut self.servers[server.index()];
        assert!(there.kind != Kind::Bare && there.question.is_none());
        let question = self.entries;
        there.question = Some(question);
        let after = match there.pulse() {
            Err(ErrorKind::TimedOut) => PROBE_TIMEOUT,
            Err(_) => there.unreachable_after,
            Ok(_) if slow => late,
            Ok(_) => Duration::from_millis(1),
        };
        self.enter(self.now + after, What::Answers(server, question));
    }

    /// Mostly short, now and then very long.
    fn work(&mut self) -> Duration {
        let most = [10, 100, 100, 1000, 20_000][self.random.below(5) as usize];
        Duration::from_millis(1 + self.random.below(most))
    }

    fn failure(&mut self) -> (Duration, Result<(), ErrorKind>) {
        let retry_after = [None, Some(Duration::from_millis(700))][self.random.below(2) as usize];
        let kinds = [
            ErrorKind::Fault { code: 1 },
            ErrorKind::Unsendable,
            ErrorKind::Busy { retry_after },
            ErrorKind::Interrupted,
            ErrorKind::TimedOut,
            ErrorKind::Malformed,
            ErrorKind::Http { status: 500 },
            ErrorKind::Panicked,
        ];
        let kind = kinds[self.random.below(kinds.len() as u64) as usize];
        (self.work(), Err(kind))
    }

    pub(super) fn enter(&mut self, at: Duration, what: What) {
        self.entries += 1;
        self.agenda.push(Reverse((at, self.entries, what)));
    }
}
