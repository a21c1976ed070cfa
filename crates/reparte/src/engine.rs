//! The engine: carries out what the plan decides.
//!
//! It is at work in whichever thread brings it news, see [`Desk`], and never
//! blocks: jobs go into channels that the plan keeps short, results into one
//! without a bound.

mod carry;
mod checks;
mod crew;
mod desk;
mod keeper;
mod news;
mod start;

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(crate) use checks::{Checks, Unfit, Verify};
use crew::Crew;
pub(crate) use crew::site;
use crossbeam_channel::Sender;
use desk::Desk;
pub(crate) use desk::{Run, Untaken};
pub(crate) use news::{Joining, News, Request};
pub(crate) use start::{Given, Wires, start};

use crate::events::{CallEnd, Event as Happening, Observer};
use crate::ids::ServerId;
use crate::plan::Plan;
use crate::plan::action::Action;
use crate::plan::event::{Event, ServerStatus};
use crate::results::Outcome;
use crate::slot::Returned;
use crate::{
    Call, CallError, CallId, Destino, Error, FailedCall, MAX_SLOTS, RunSummary, ServerSummary,
    Status, TaskError, TaskErrorKind, TaskId,
};

/// The summary that the engine keeps and others read.
pub(crate) type SharedSummary = Arc<Mutex<RunSummary>>;

/// How much work a task is, from its arguments.
pub(crate) type CostOf<A> = Box<dyn Fn(&A) -> u64 + Send + Sync>;

/// Locks the summary; a reader's panic leaves it as good as it was.
pub(crate) fn lock(summary: &Mutex<RunSummary>) -> MutexGuard<'_, RunSummary> {
    summary.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Engine<A, R> {
    plan: Plan,
    started: Instant,
    time_limit: Option<Duration>,
    crews: Vec<Crew<A, R>>,
    tasks: HashMap<TaskId, Task<A>>,
    calls: HashMap<CallId, Call>,
    sent: u64,
    desk: Arc<Desk<A, R>>,
    outcomes: Sender<Outcome<R>>,
    summary: SharedSummary,
    cost: Option<CostOf<A>>,
    checks: Arc<Checks<A, R>>,
    observers: Vec<Observer>,
    /// What is to be carried out; kept for its room.
    actions: VecDeque<Action>,
    /// The keeper's alarm, and when it comes by itself.
    alarm: Sender<()>,
    wakes_at: Option<Duration>,
    /// Where the sender of tasks is told that there is room, and whether it
    /// waits for that.
    room: Sender<()>,
    sender_waits: bool,
    over: bool,
}

/// A task that is sent, with its result if an earlier run had it.
pub(crate) struct Arrival<A, R> {
    pub(crate) args: A,
    pub(crate) had: Option<R>,
}

/// A task without an answer.
struct Task<A> {
    args: Arc<A>,
    calls: u32,
    history: Vec<FailedCall>,
}

impl<A, R> Engine<A, R>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    fn task_sent(&mut self, arrival: Arrival<A, R>) {
        let task = TaskId::new(self.sent);
        self.sent += 1;
        let args = match arrival {
            Arrival { args, had: None } => args,
            Arrival { had: Some(had), .. } => return self.resume(task, had),
        };
        let cost = self.cost.as_ref().map_or(0, |cost_of| cost_of(&args));
        self.tasks.insert(
            task,
            Task {
                args: Arc::new(args),
                calls: 0,
                history: Vec::new(),
            },
        );
        self.observe(|| Happening::TaskSent { task });
        let event = Event::TaskSent { task, cost };
        self.step(event, None, |summary, _| summary.tasks += 1);
    }

    /// The task's result is there already.
    fn resume(&mut self, task: TaskId, had: R) {
        lock(&self.summary).resumed();
        self.observe(|| Happening::TaskSent { task });
        self.hand_over(task, Ok(had));
        self.observe(|| Happening::TaskResumed { task });
    }

    fn look_at(&mut self, news: News<A, R>) {
        match news {
            News::Returned(returned) => self.call_returned(returned),
            News::Probed { server, outcome } => {
                if let Err(error) = &outcome {
                    log::debug!("{}: status: {error}", self.name(server));
                    lock(&self.summary).status_failed(server, error);
                }
                let outcome = match outcome {
                    Ok(status) => Ok(status.as_ref().map(pulse)),
                    Err(error) => Err(error.kind()),
                };
                self.tell(Event::ProbeReturned { server, outcome })
            }
            News::Asked(request) => self.asked(request),
            News::JournalFailed(error) => {
                log::debug!("{error}");
                self.step(Event::JournalFailed, None, |summary, _| {
                    summary.journal_error.get_or_insert(error);
                })
            }
        }
    }

    fn call_returned(&mut self, returned: Returned<R>) {
        let call = returned.call.id;
        let server = returned.server;
        self.calls.remove(&call);
        self.crews[server.index()].returned();
        self.observe_return(&returned);
        match returned.outcome {
            Ok(result) => {
                let event = Event::CallReturned {
                    call,
                    outcome: Ok(()),
                };
                self.step(event, Some(result), |summary, now| {
                    summary.call_ended(server, now);
                });
            }
            Err(error) => {
                let event = Event::CallReturned {
                    call,
                    outcome: Err(error.kind()),
                };
                let cancelled = returned.call.is_cancelled();
                if !cancelled {
                    self.remember(returned.task, server, &error);
                }
                self.step(event, None, |summary, now| {
                    summary.call_ended(server, now);
                    if !cancelled {
                        summary.call_failed(server, &error);
                    }
                });
            }
        }
    }

    fn observe_return(&mut self, returned: &Returned<R>) {
        let server = Arc::clone(&self.crews[returned.server.index()].name);
        let started = self.started;
        self.observe(|| Happening::CallReturned {
            at: started.elapsed(),
            task: returned.task,
            call: returned.call.id,
            server: Arc::clone(&server),
            end: match &returned.outcome {
                _ if returned.call.is_cancelled() => CallEnd::Cancelled,
                Ok(_) => CallEnd::Result,
                Err(error) => CallEnd::Failed(error.clone()),
            },
        });
    }

    /// Keeps a failed call for its task's error.
    fn remember(&mut self, task: TaskId, server: ServerId, error: &CallError) {
        if let Some(task) = self.tasks.get_mut(&task) {
            if task.history.len() == TaskError::HISTORY {
                task.history.remove(0);
            }
            task.history.push(FailedCall {
                server: Arc::clone(&self.crews[server.index()].name),
                error: error.clone(),
            });
        }
    }

    fn asked(&mut self, request: Request<A, R>) {
        match request {
            Request::Cancel(task) => self.tell(Event::TaskCancelled { task }),
            Request::CancelAll => {
                let mut tasks: Vec<TaskId> = self.tasks.keys().copied().collect();
                tasks.sort_unstable();
                for task in tasks {
                    // The last one may be the run's end.
                    if !self.over {
                        self.tell(Event::TaskCancelled { task });
                    }
                }
            }
            Request::Close => self.tell(Event::InputClosed),
            Request::Stop => self.tell(Event::DrainRequested),
            Request::Abandon => self.tell(Event::Abandoned),
            Request::Join(joining) => {
                let joined = self.join(joining.destino);
                // It waits for this.
                let _ = joining.answer.send(joined);
            }
            Request::Leave(server) => {
                lock(&self.summary).leaves(server);
                self.tell(Event::ServerRemoved { server });
                self.crews[server.index()].leave();
            }
            Request::Observe(observer) => self.observers.push(observer),
        }
    }

    fn join(&mut self, destino: Arc<dyn Destino<A, R>>) -> Result<(), Error> {
        let id = ServerId::new(self.crews.len());
        let site = site(&*destino, false)?;
        let there: usize = self.crews.iter().map(Crew::slots).sum();
        let slots = there.saturating_add(site.slots);
        if slots > MAX_SLOTS {
            return Err(Error::TooManySlots { slots });
        }
        let crew = Crew::new(id, destino, site.slots, &self.desk, &self.checks)?;
        let name = Arc::clone(&crew.name);
        log::info!("{}: joins", crate::text::Foreign(&name));
        self.observe(|| Happening::ServerAdded {
            server: Arc::clone(&name),
        });
        self.crews.push(crew);
        self.step(Event::ServerAdded { config: site }, None, |summary, now| {
            let mut server = ServerSummary::new(name, site.slots);
            server.since = now;
            summary.servers.push(server);
        });
        Ok(())
    }

    fn tell(&mut self, event: Event) {
        self.step(event, None, |_, _| {});
    }

    /// Tells the plan what has happened and does what it asks for. The summary
    /// changes in one go, so that a reader never finds it out of balance.
    fn step(
        &mut self,
        event: Event,
        mut result: Option<R>,
        tally: impl FnOnce(&mut RunSummary, Duration),
    ) {
        let now = self.started.elapsed();
        self.plan.handle(event, now);
        let mut actions = std::mem::take(&mut self.actions);
        actions.extend(std::iter::from_fn(|| self.plan.poll_action()));
        {
            let mut summary = lock(&self.summary);
            tally(&mut summary, now);
            actions.iter().for_each(|action| summary.note(action, now));
            summary.settle(self.plan.open_tasks());
        }
        for action in actions.drain(..) {
            self.over |= matches!(action, Action::EndRun(_));
            self.carry_out(action, &mut result);
        }
        self.actions = actions;
    }

    fn observe(&mut self, event: impl Fn() -> Happening) {
        if !self.observers.is_empty() {
            self.observers.retain(|observer| observer.tell(event()));
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
        if let Err(error) = self.checks.finish() {
            lock(&self.summary).journal_error.get_or_insert(error);
        }
        self.observe(|| Happening::RunEnded);
        let idle = self.plan.in_flight() == 0;
        drop((self.outcomes, self.room));
        let threads: Vec<_> = self.crews.into_iter().flat_map(Crew::dismiss).collect();
        if idle {
            for thread in threads {
                // A slot's panics are caught where they happen.
                let _ = thread.join();
            }
        }
    }
}

fn pulse(status: &Status) -> ServerStatus {
    let mut hasher = DefaultHasher::new();
    status.instance.hash(&mut hasher);
    ServerStatus {
        instance: hasher.finish(),
        slots: status.slots.min(crate::MAX_SLOTS),
    }
}
