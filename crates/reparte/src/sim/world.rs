//! Virtual servers and virtual time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use super::checks::Checks;
use crate::ids::ServerId;
use crate::plan::{Action, End, Event, Plan, PlanOptions, SplitMix};
use crate::{CallId, ErrorKind, TaskId};

/// What a world is like.
pub(super) struct Habits {
    pub(super) slots: Vec<usize>,
    pub(super) tasks: u64,
    pub(super) read_ahead: usize,
    pub(super) max_attempts: u32,
    pub(super) outage: Option<Duration>,
    /// How many times some server dies.
    pub(super) deaths: u64,
    /// Whether the dead return. If not, some do not.
    pub(super) returns: bool,
    /// Whether some server refuses all calls.
    pub(super) refusals: bool,
    /// How many calls in a hundred fail though their server is alive.
    pub(super) failures_percent: u64,
}

pub(super) struct World {
    habits: Habits,
    random: SplitMix,
    plan: Plan,
    now: Duration,
    /// What is to happen, the first at the top; the number keeps the order.
    agenda: BinaryHeap<Reverse<(Duration, u64, What)>>,
    entries: u64,
    servers: Vec<Virtual>,
    calls: BTreeMap<CallId, (ServerId, Result<(), ErrorKind>)>,
    sent: u64,
    closed: bool,
    checks: Option<Checks>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Ends(CallId),
    Dies(ServerId),
    Returns(ServerId),
}

#[derive(Clone, Copy)]
struct Virtual {
    alive: bool,
    refuses: bool,
    /// How long it takes to find that it is dead: a reset, or a time-out.
    unreachable_after: Duration,
}

impl World {
    pub(super) fn new(habits: Habits, random: SplitMix) -> Self {
        let checks = Checks::new(&habits);
        let mut world = Self::unchecked(habits, random);
        world.checks = Some(checks);
        world
    }

    /// A world for measuring.
    pub(super) fn unchecked(habits: Habits, mut random: SplitMix) -> Self {
        let options = PlanOptions {
            read_ahead: habits.read_ahead,
            max_attempts: habits.max_attempts,
            outage: habits.outage,
            seed: random.below(u64::MAX),
        };
        let mut world = Self {
            plan: Plan::new(&habits.slots, options),
            now: Duration::ZERO,
            agenda: BinaryHeap::new(),
            entries: 0,
            servers: Vec::new(),
            calls: BTreeMap::new(),
            sent: 0,
            closed: false,
            checks: None,
            habits,
            random,
        };
        for _ in 0..world.habits.slots.len() {
            let timeout = Duration::from_millis([1, 1, 3000][world.random.below(3) as usize]);
            let refuses = world.habits.refusals && world.random.below(2) == 0;
            world.servers.push(Virtual {
                alive: true,
                refuses,
                unreachable_after: timeout,
            });
        }
        for _ in 0..world.habits.deaths {
            let server = world.random.below(world.servers.len() as u64);
            let at = Duration::from_millis(world.random.below(4000));
            world.enter(at, What::Dies(ServerId::new(server as usize)));
        }
        world
    }

    /// Runs to the end.
    pub(super) fn run(mut self) -> End {
        let mut steps = 0_u64;
        loop {
            while self.sent < self.habits.tasks && self.plan.wants_task() {
                let task = TaskId::new(self.sent);
                self.sent += 1;
                if let Some(end) = self.tell(Event::Sent { task }) {
                    return end;
                }
            }
            if self.sent == self.habits.tasks && !self.closed {
                self.closed = true;
                if let Some(end) = self.tell(Event::Closed) {
                    return end;
                }
            }
            if let Some(end) = self.next() {
                return end;
            }
            steps += 1;
            assert!(steps < 200 * (self.habits.tasks + 1000), "no end in sight");
        }
    }

    /// Lets the next thing happen.
    fn next(&mut self) -> Option<End> {
        let wake = self.plan.next_wake();
        let next = self.agenda.peek().map(|Reverse((at, ..))| *at);
        if let Some(wake) = wake
            && next.is_none_or(|next| wake <= next)
        {
            self.now = wake;
            return self.tell(Event::Woken);
        }
        let Reverse((at, _, what)) = self.agenda.pop().expect("hangs: nothing will ever happen");
        self.now = at;
        match what {
            What::Ends(call) => {
                let (_, outcome) = self.calls.remove(&call)?;
                self.tell(Event::Ended { call, outcome })
            }
            What::Dies(server) => {
                self.die(server);
                None
            }
            What::Returns(server) => {
                self.servers[server.index()].alive = true;
                None
            }
        }
    }

    fn tell(&mut self, event: Event) -> Option<End> {
        if let Some(checks) = &mut self.checks {
            checks.told(event);
        }
        self.plan.handle(event, self.now);
        let wake = self.plan.next_wake();
        assert!(wake.is_none_or(|wake| wake > self.now), "wakes in vain");
        let mut end = None;
        while let Some(action) = self.plan.poll_action() {
            if let Some(checks) = &mut self.checks {
                checks.asked(action, self.now);
            }
            match action {
                Action::Start { call, server, .. } => self.start(call, server),
                Action::End(how) => end = Some(how),
                _ => {}
            }
        }
        if let Some(checks) = &mut self.checks {
            checks.settled(&self.plan, self.sent, end.is_some());
        }
        end
    }

    fn start(&mut self, call: CallId, server: ServerId) {
        let there = self.servers[server.index()];
        let (after, outcome) = if !there.alive {
            (there.unreachable_after, Err(ErrorKind::Unreachable))
        } else if there.refuses {
            (Duration::from_millis(1), Err(ErrorKind::Refused))
        } else if self.random.below(100) < self.habits.failures_percent {
            self.failure()
        } else {
            (self.work(), Ok(()))
        };
        self.calls.insert(call, (server, outcome));
        self.enter(self.now + after, What::Ends(call));
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

    /// Its calls in flight are interrupted, sooner or later.
    fn die(&mut self, server: ServerId) {
        self.servers[server.index()].alive = false;
        let cut: Vec<CallId> = self
            .calls
            .iter()
            .filter(|(_, (at, _))| *at == server)
            .map(|(&call, _)| call)
            .collect();
        for call in cut {
            self.calls
                .insert(call, (server, Err(ErrorKind::Interrupted)));
            let noticed = Duration::from_millis([0, 1, 900][self.random.below(3) as usize]);
            self.enter(self.now + noticed, What::Ends(call));
        }
        if self.habits.returns || self.random.below(2) == 0 {
            let back = Duration::from_millis(self.random.below(8000));
            self.enter(self.now + back, What::Returns(server));
        }
    }

    fn enter(&mut self, at: Duration, what: What) {
        self.entries += 1;
        self.agenda.push(Reverse((at, self.entries, what)));
    }
}
