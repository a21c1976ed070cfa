//! The engine: one thread that carries out what the plan decides.
//!
//! It never blocks but in its one `select!`: jobs go into channels with room
//! for each slot, results into one without a bound.

mod start;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, at, never, select};
pub(crate) use start::{Wires, start};

use crate::ids::ServerId;
use crate::plan::{Action, Aside, Event, Failure, Plan};
use crate::slot::{Job, Returned};
use crate::text::Foreign;
use crate::{Account, Call, CallId, Destino, FailedCall, TaskError, TaskErrorKind, TaskId};

/// What became of a task.
pub(crate) type Outcome<R> = (TaskId, Result<R, TaskError>);

/// The account that the engine keeps and others read.
pub(crate) type SharedAccount = Arc<Mutex<Account>>;

/// Locks the account; a reader's panic leaves it as good as it was.
pub(crate) fn lock(account: &Mutex<Account>) -> MutexGuard<'_, Account> {
    account.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Engine<A, R> {
    plan: Plan,
    started: Instant,
    time_limit: Option<Duration>,
    servers: Vec<Server<A, R>>,
    tasks: HashMap<TaskId, Task<A>>,
    calls: HashMap<CallId, Call>,
    sent: u64,
    arrivals: Receiver<A>,
    returned: Receiver<Returned<R>>,
    close: Receiver<()>,
    outcomes: Sender<Outcome<R>>,
    account: SharedAccount,
    threads: Vec<JoinHandle<()>>,
}

struct Server<A, R> {
    name: Arc<str>,
    destino: Arc<dyn Destino<A, R>>,
    jobs: Sender<Job<A>>,
}

/// A task without an answer.
struct Task<A> {
    args: Arc<A>,
    calls: u32,
    history: Vec<FailedCall>,
}

impl<A, R> Engine<A, R> {
    fn run(mut self) {
        let no_arrivals = never();
        let mut over = false;
        while !over {
            let timer = self.timer();
            let wanted = self.plan.wants_task();
            let arrivals = if wanted { &self.arrivals } else { &no_arrivals };
            over = select! {
                recv(self.returned) -> returned => match returned {
                    Ok(returned) => self.call_returned(returned),
                    Err(_) => self.tell(Event::Abandoned),
                },
                recv(arrivals) -> args => match args {
                    Ok(args) => self.task_sent(args),
                    Err(_) => self.tell(Event::Abandoned),
                },
                recv(self.close) -> closed => match closed {
                    Ok(()) => self.tell(Event::Closed),
                    Err(_) => self.tell(Event::Abandoned),
                },
                recv(timer) -> _ => self.tell(Event::Woken),
            };
        }
        self.wind_up();
    }

    fn timer(&self) -> Receiver<Instant> {
        self.plan
            .next_wake()
            .and_then(|wake| self.started.checked_add(wake))
            .map_or_else(never, at)
    }

    fn task_sent(&mut self, args: A) -> bool {
        let task = TaskId::new(self.sent);
        self.sent += 1;
        self.tasks.insert(
            task,
            Task {
                args: Arc::new(args),
                calls: 0,
                history: Vec::new(),
            },
        );
        self.step(Event::Sent { task }, None, |account| account.tasks += 1)
    }

    fn call_returned(&mut self, returned: Returned<R>) -> bool {
        let call = returned.call.id;
        let server = returned.server;
        self.calls.remove(&call);
        match returned.outcome {
            Ok(result) => {
                let event = Event::Ended {
                    call,
                    outcome: Ok(()),
                };
                self.step(event, Some(result), |_| {})
            }
            Err(error) => {
                let event = Event::Ended {
                    call,
                    outcome: Err(error.kind()),
                };
                if let Some(task) = self.tasks.get_mut(&returned.task) {
                    if task.history.len() == TaskError::HISTORY {
                        task.history.remove(0);
                    }
                    task.history.push(FailedCall {
                        server: Arc::clone(&self.servers[server.index()].name),
                        error: error.clone(),
                    });
                }
                self.step(event, None, |account| account.call_failed(server, &error))
            }
        }
    }

    fn tell(&mut self, event: Event) -> bool {
        self.step(event, None, |_| {})
    }

    /// Tells the plan what has happened and does what it asks for: true when
    /// the run is over. The account changes in one go, so that a reader never
    /// finds it out of balance.
    fn step(
        &mut self,
        event: Event,
        mut result: Option<R>,
        tally: impl FnOnce(&mut Account),
    ) -> bool {
        self.plan.handle(event, self.started.elapsed());
        let actions: Vec<Action> = std::iter::from_fn(|| self.plan.poll_action()).collect();
        {
            let mut account = lock(&self.account);
            tally(&mut account);
            actions.iter().for_each(|action| account.note(action));
            account.settle(self.plan.open_tasks());
        }
        let mut over = false;
        for action in actions {
            over |= matches!(action, Action::End(_));
            self.carry_out(action, &mut result);
        }
        over
    }

    fn carry_out(&mut self, action: Action, result: &mut Option<R>) {
        match action {
            Action::Start {
                task, call, server, ..
            } => {
                let Some(at_work) = self.tasks.get_mut(&task) else {
                    return;
                };
                at_work.calls = at_work.calls.saturating_add(1);
                let deadline = self
                    .time_limit
                    .and_then(|limit| Instant::now().checked_add(limit));
                let call = Call::new(call, deadline);
                self.calls.insert(call.id, call.clone());
                let job = Job {
                    task,
                    call,
                    args: Arc::clone(&at_work.args),
                };
                let sent = self.servers[server.index()].jobs.try_send(job);
                assert!(sent.is_ok(), "the plan starts calls on free slots only");
            }
            Action::Cancel { call, server } => {
                if let Some(call) = self.calls.get(&call) {
                    call.set_cancelled();
                }
                let destino = &self.servers[server.index()].destino;
                if catch_unwind(AssertUnwindSafe(|| destino.cancel(call))).is_err() {
                    log::warn!("{}: panicked in cancel", self.name(server));
                }
            }
            Action::Deliver { task, .. } => {
                self.tasks.remove(&task);
                let result = result.take().expect("a delivery follows its call's result");
                self.hand_over(task, Ok(result));
            }
            Action::Fail { task, why } => {
                let kind = match why {
                    Failure::Answered => TaskErrorKind::Answered,
                    Failure::GivenUp => TaskErrorKind::GivenUp,
                };
                self.fail(task, kind);
            }
            Action::SetAside { server, until, why } => self.log_aside(server, until, why),
            Action::TakeBack { server } => {
                log::info!("{}: answers, and is in use again", self.name(server));
            }
            Action::PutOut { server } => {
                let error = self.last_error(server);
                log::warn!("{}: out for good: {error}", self.name(server));
            }
            Action::End(end) => log::debug!("run over: {end:?}"),
        }
    }

    fn fail(&mut self, task: TaskId, kind: TaskErrorKind) {
        if let Some(failed) = self.tasks.remove(&task) {
            let error = TaskError {
                task,
                kind,
                calls: failed.calls,
                history: failed.history,
            };
            self.hand_over(task, Err(error));
        }
    }

    fn hand_over(&self, task: TaskId, outcome: Result<R, TaskError>) {
        // Without a receiver nobody wants it; `close` tells of that.
        let _ = self.outcomes.send((task, outcome));
    }

    fn name(&self, server: ServerId) -> Foreign<'_> {
        Foreign(&self.servers[server.index()].name)
    }

    fn last_error(&self, server: ServerId) -> String {
        let account = lock(&self.account);
        let error = account.servers[server.index()].last_error.as_ref();
        error.map_or_else(String::new, ToString::to_string)
    }

    fn log_aside(&self, server: ServerId, until: Duration, why: Aside) {
        let level = match why {
            Aside::Died => log::Level::Warn,
            Aside::Busy => log::Level::Info,
            Aside::StillDown => log::Level::Debug,
        };
        if log::log_enabled!(level) {
            let error = self.last_error(server);
            log::log!(level, "{}: put aside: {error}", self.name(server));
            let wait = until.saturating_sub(self.started.elapsed());
            log::debug!("{}: tried again in {wait:.0?}", self.name(server));
        }
    }

    /// Hands over what became of the tasks that the run's end left, and lets
    /// the slots' threads end. They are waited for, unless one is still in a
    /// call that was cancelled.
    fn wind_up(mut self) {
        let mut left: Vec<TaskId> = self.tasks.keys().copied().collect();
        left.sort_unstable();
        for task in left {
            self.fail(task, TaskErrorKind::NotRun);
        }
        let idle = self.plan.in_flight() == 0;
        drop((self.servers, self.arrivals, self.outcomes, self.returned));
        if idle {
            for thread in self.threads {
                // A slot's panics are caught where they happen.
                let _ = thread.join();
            }
        }
    }
}
