//! What must hold after every step, whatever the plan thinks.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::world::Habits;
use crate::ids::ServerId;
use crate::plan::{Action, End, Event, Plan};
use crate::{CallId, ErrorKind, TaskId};

/// A second book of the run, kept from the events and actions alone.
pub(super) struct Checks {
    servers: Vec<Seen>,
    waiting: BTreeSet<TaskId>,
    running: BTreeMap<CallId, (TaskId, ServerId)>,
    ended: BTreeSet<TaskId>,
    /// The server that failed a task last.
    failed_by: BTreeMap<TaskId, ServerId>,
    /// Calls of a task that may have run and brought nothing.
    tries: BTreeMap<TaskId, u32>,
    /// The call that an answer may now come from.
    returned: Option<(TaskId, Result<(), ErrorKind>)>,
    closed: bool,
    max_attempts: u32,
    outage: Option<Duration>,
}

struct Seen {
    slots: usize,
    running: usize,
    state: State,
    /// The calls started since it was put aside that have not returned.
    trials: BTreeSet<CallId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Up,
    Aside(Duration),
    Out,
}

impl Checks {
    pub(super) fn new(habits: &Habits) -> Self {
        let seen = |&slots| Seen {
            slots,
            running: 0,
            state: State::Up,
            trials: BTreeSet::new(),
        };
        Self {
            servers: habits.slots.iter().map(seen).collect(),
            waiting: BTreeSet::new(),
            running: BTreeMap::new(),
            ended: BTreeSet::new(),
            failed_by: BTreeMap::new(),
            tries: BTreeMap::new(),
            returned: None,
            closed: false,
            max_attempts: habits.max_attempts,
            outage: habits.outage,
        }
    }

    pub(super) fn told(&mut self, event: Event) {
        self.returned = None;
        match event {
            Event::Sent { task } => {
                self.waiting.insert(task);
            }
            Event::Closed => self.closed = true,
            Event::Ended { call, outcome } => {
                let (task, server) = self.running.remove(&call).expect("it was running");
                let seen = &mut self.servers[server.index()];
                seen.running -= 1;
                seen.trials.remove(&call);
                self.returned = Some((task, outcome));
                self.waiting.insert(task);
                self.failed_by.insert(task, server);
                let counts = outcome.is_err_and(ErrorKind::may_have_run);
                *self.tries.entry(task).or_default() += u32::from(counts);
            }
            Event::Abandoned | Event::Woken => {}
        }
    }

    pub(super) fn asked(&mut self, action: Action, now: Duration) {
        match action {
            Action::Start {
                task,
                call,
                server,
                retry,
            } => {
                assert!(self.waiting.remove(&task), "task {task} does not wait");
                assert_eq!(retry, self.failed_by.contains_key(&task));
                let seen = &mut self.servers[server.index()];
                seen.running += 1;
                assert!(seen.running <= seen.slots, "server {server} has no slot");
                match seen.state {
                    State::Up => {}
                    State::Aside(until) => {
                        assert!(until <= now, "server {server} is called too soon");
                        assert!(seen.trials.is_empty(), "server {server} is on trial");
                        seen.trials.insert(call);
                    }
                    State::Out => panic!("server {server} is out"),
                }
                assert!(self.running.insert(call, (task, server)).is_none());
            }
            Action::Deliver { task, .. } => {
                assert_eq!(self.returned, Some((task, Ok(()))), "not its result");
                self.end(task);
            }
            Action::Fail { task, .. } => {
                let error = match self.returned {
                    Some((returned, Err(error))) if returned == task => error,
                    other => panic!("task {task} fails by {other:?}"),
                };
                let given_up = self.tries[&task] >= self.max_attempts;
                let answered = matches!(error, ErrorKind::Fault { .. } | ErrorKind::Unsendable);
                assert!(given_up || answered, "task {task} fails by {error}");
                self.end(task);
            }
            Action::SetAside { server, until, .. } => {
                let seen = &mut self.servers[server.index()];
                assert_ne!(seen.state, State::Out);
                assert!(until <= now + Duration::from_secs(60));
                seen.state = State::Aside(until);
                seen.trials.clear();
            }
            Action::TakeBack { server } => {
                let seen = &mut self.servers[server.index()];
                assert!(matches!(seen.state, State::Aside(until) if until <= now));
                seen.state = State::Up;
            }
            Action::PutOut { server } => self.servers[server.index()].state = State::Out,
            Action::Cancel { .. } => panic!("nothing is cancelled here"),
            Action::End(end) => self.check_end(end),
        }
    }

    fn end(&mut self, task: TaskId) {
        assert!(self.waiting.remove(&task));
        assert!(self.ended.insert(task), "task {task} ends twice");
    }

    fn check_end(&self, end: End) {
        assert!(self.running.is_empty(), "{end:?} with calls in flight");
        let up = self.servers.iter().any(|seen| seen.state == State::Up);
        match end {
            End::Completed => assert!(self.closed && self.waiting.is_empty()),
            End::Outage { after } => assert!(!up && self.outage == Some(after)),
            End::NoServers => assert!(self.servers.iter().all(|seen| seen.state == State::Out)),
            End::Abandoned => panic!("nobody abandoned it"),
        }
    }

    /// After all actions of a step.
    pub(super) fn settled(&self, plan: &Plan, sent: u64, over: bool) {
        let open = self.waiting.len() + self.running.len();
        assert_eq!(
            open as u64 + self.ended.len() as u64,
            sent,
            "a task is lost"
        );
        assert_eq!(plan.open_tasks(), open);
        assert_eq!(plan.in_flight(), self.running.len());
        if !over {
            self.check_nothing_starves();
        }
    }

    /// A server that is up has no free slot while a task waits that may use
    /// it: all but those that it failed itself, while another one is up.
    fn check_nothing_starves(&self) {
        for (index, seen) in self.servers.iter().enumerate() {
            if seen.state != State::Up || seen.running == seen.slots {
                continue;
            }
            let server = ServerId::new(index);
            let others_up = self.servers.iter().filter(|s| s.state == State::Up).count() > 1;
            for task in &self.waiting {
                let keeps_off = others_up && self.failed_by.get(task) == Some(&server);
                assert!(keeps_off, "task {task} waits beside server {server}");
            }
        }
    }
}
