//! The engine: one thread that carries out what the plan decides.
//!
//! It never blocks but in its one `select!`: jobs go into channels with room
//! for each slot, results into one without a bound.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, at, bounded, never, select, unbounded};

use crate::ids::ServerId;
use crate::plan::{Action, Aside, Event, Failure, Plan, PlanOptions};
use crate::slot::{self, Job, Returned};
use crate::text::Foreign;
use crate::{
    Account, Call, CallId, Destino, Error, FailedCall, MAX_SLOTS, Options, ServerAccount,
    TaskError, TaskErrorKind, TaskId,
};

/// What became of a task.
pub(crate) type Outcome<R> = (TaskId, Result<R, TaskError>);

/// The account that the engine keeps and others read.
pub(crate) type SharedAccount = Arc<Mutex<Account>>;

/// Locks the account; a reader's panic leaves it as good as it was.
pub(crate) fn lock(account: &Mutex<Account>) -> MutexGuard<'_, Account> {
    account.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The other ends of the engine's channels.
pub(crate) struct Wires<A, R> {
    /// Takes a task once it has a slot or a place to wait. Disconnected when
    /// the run is over.
    pub(crate) tasks: Sender<A>,
    /// A message says that no more tasks will come. Dropping this end says
    /// that nobody wants the results.
    pub(crate) close: Sender<()>,
    /// Each task's outcome as it ends; disconnected after the last one.
    pub(crate) outcomes: Receiver<Outcome<R>>,
    pub(crate) account: SharedAccount,
    pub(crate) thread: JoinHandle<()>,
    /// The slots of all servers.
    pub(crate) slots: usize,
}

/// Starts a thread for each slot, and the engine's.
pub(crate) fn start<A, R>(
    destinos: Vec<Arc<dyn Destino<A, R>>>,
    options: &Options,
) -> Result<Wires<A, R>, Error>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    if destinos.is_empty() {
        return Err(Error::NoServers);
    }
    let slots: Vec<usize> = destinos.iter().map(|destino| destino.slots()).collect();
    if let Some(none) = slots.iter().position(|&slots| slots == 0) {
        let server = destinos[none].name().to_owned();
        return Err(Error::NoSlots { server });
    }
    let all_slots = slots.iter().fold(0_usize, |all, &n| all.saturating_add(n));
    if all_slots > MAX_SLOTS {
        return Err(Error::TooManySlots { slots: all_slots });
    }

    let (returned_to, returned) = unbounded();
    let mut servers = Vec::with_capacity(destinos.len());
    let mut threads = Vec::with_capacity(all_slots);
    for (index, (destino, &slots)) in destinos.into_iter().zip(&slots).enumerate() {
        let (jobs, to_do) = bounded(slots);
        for _ in 0..slots {
            let (destino, to_do) = (Arc::clone(&destino), to_do.clone());
            let returned_to = returned_to.clone();
            let run = move || slot::run(ServerId::new(index), &*destino, &to_do, &returned_to);
            threads.push(spawn("reparte-slot", run)?);
        }
        servers.push(Server {
            name: destino.name().into(),
            destino,
            jobs,
        });
    }

    let account = Arc::new(Mutex::new(Account {
        servers: servers
            .iter()
            .zip(&slots)
            .map(|(server, &slots)| ServerAccount::new(Arc::clone(&server.name), slots))
            .collect(),
        ..Account::default()
    }));
    let plan = Plan::new(
        &slots,
        PlanOptions {
            read_ahead: options.read_ahead,
            max_attempts: options.max_attempts,
            outage: options.outage,
            seed: RandomState::new().hash_one(0),
        },
    );
    let (tasks_to, tasks) = bounded(0);
    let (close_to, close) = unbounded();
    let (outcomes_to, outcomes) = unbounded();
    let engine = Engine {
        plan,
        started: Instant::now(),
        time_limit: options.time_limit,
        servers,
        tasks: HashMap::new(),
        calls: HashMap::new(),
        sent: 0,
        arrivals: tasks,
        returned,
        close,
        outcomes: outcomes_to,
        account: Arc::clone(&account),
        threads,
    };
    Ok(Wires {
        tasks: tasks_to,
        close: close_to,
        outcomes,
        account,
        thread: spawn("reparte-engine", || engine.run())?,
        slots: all_slots,
    })
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(Error::Threads)
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
            let wait = until.saturating_sub(self.started.elapsed());
            let error = self.last_error(server);
            log::log!(
                level,
                "{}: put aside for {} ms: {error}",
                self.name(server),
                wait.as_millis(),
            );
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
