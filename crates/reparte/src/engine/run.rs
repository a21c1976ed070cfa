//! The state of a run, which gives the plan events and carries out its actions.

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use untrusted_text::OneLine;

use crate::engine::acceptance::Acceptance;
use crate::engine::held_results::HeldResults;
use crate::engine::inbox::{Inbox, NotAccepted, Submission};
use crate::engine::known_workers::{CallInFlight, Workers};
use crate::engine::server_threads::ServerThreads;
use crate::error::task::FailedCall;
use crate::events::{Event as RunEvent, Observer};
use crate::ids::{CallId, ServerId, TaskId};
use crate::outcome::EndedTask;
use crate::plan::Plan;
use crate::plan::action::Action;
use crate::plan::event::Event;
use crate::summary::RunSummary;
use crate::summary::shared::SharedSummary;

/// An estimate of a task's work from its arguments.
pub(crate) type CostOf<A> = Box<dyn Fn(&A) -> u64 + Send + Sync>;

/// The state of a run. The executor's lock guards it.
///
/// The executor calls [`begin`](Self::begin), [`submit`](Self::submit), `handle`
/// (`message_handlers.rs`) and [`fire_timer`](Self::fire_timer). Each of them gives the plan
/// events by [`apply`](Self::apply) or [`apply_with`](Self::apply_with), which carry out the
/// plan's actions (`actions.rs`).
pub(super) struct Run<A, R> {
    pub(super) plan: Plan,
    pub(super) started_at: Instant,
    pub(super) time_limit: Option<Duration>,
    pub(super) servers: Vec<ServerThreads<A, R>>,
    /// The tasks without an outcome: those that the plan knows.
    pub(super) tasks: HashMap<TaskId, Task<A>>,
    /// The calls in flight, cancelled ones included.
    pub(super) calls: HashMap<CallId, CallInFlight>,
    pub(super) workers: Workers,
    /// The number of tasks accepted, which is the number of the next one.
    pub(super) submitted: u64,
    pub(super) inbox: Arc<dyn Inbox<A, R>>,
    pub(super) outcomes: Sender<EndedTask<R>>,
    pub(super) held: Arc<HeldResults>,
    /// The plan has been told that the window is full.
    pub(super) is_window_full: bool,
    pub(super) summary: SharedSummary,
    pub(super) cost: Option<CostOf<A>>,
    pub(super) acceptance: Arc<Acceptance<A, R>>,
    pub(super) observers: Vec<Observer>,
    /// The actions being carried out. Empty between two events, and kept for its capacity.
    pub(super) actions: VecDeque<Action>,
    /// Wakes the timer thread. It has room for one message, which is enough.
    pub(super) timer: Sender<()>,
    /// The time since the start at which the timer thread wakes by itself; None if it waits
    /// for a message.
    pub(super) timer_wakes_at: Option<Duration>,
    /// Wakes the submitter of tasks. It has room for one message, which is enough.
    pub(super) room: Sender<()>,
    /// A task was refused since the submitter was last woken.
    pub(super) submitter_waits: bool,
    /// The plan has ended the run. Nothing changes any more.
    pub(super) ended: bool,
}

/// A task without an outcome.
pub(super) struct Task<A> {
    pub(super) args: Arc<A>,
    /// The number of calls made.
    pub(super) calls: u32,
    /// The last failed calls, at most `TaskError::HISTORY`.
    pub(super) history: Vec<FailedCall>,
}

impl<A, R> Run<A, R>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    /// Gives the plan its first event.
    pub(super) fn begin(&mut self) {
        for server in 0..self.servers.len() {
            self.list_first_workers(ServerId::new(server));
        }
        self.apply(Event::TimerFired);
        self.wake_waiting_threads();
    }

    /// Accepts a task, if there is a free slot, or a place to wait for one.
    pub(super) fn submit(
        &mut self,
        submission: Submission<A, R>,
    ) -> Result<(), NotAccepted<Submission<A, R>>> {
        if self.ended {
            return Err(NotAccepted::RunEnded(submission));
        }
        let is_held_back = submission.recorded.is_some() && self.held.is_full_with(0);
        self.submitter_waits = is_held_back || !self.plan.accepts_task();
        if self.submitter_waits {
            return Err(NotAccepted::NoRoom(submission));
        }
        let task = TaskId::new(self.submitted);
        self.submitted += 1;
        match submission.recorded {
            Some((result, bytes)) => self.resume_task(task, result, bytes),
            None => self.add_task(task, submission.args),
        }
        self.wake_waiting_threads();
        Ok(())
    }

    fn add_task(&mut self, task: TaskId, args: A) {
        let cost = self.cost.as_ref().map_or(0, |cost_of| cost_of(&args));
        self.tasks.insert(
            task,
            Task {
                args: Arc::new(args),
                calls: 0,
                history: Vec::new(),
            },
        );
        self.observe(|| RunEvent::TaskSent { task });
        let event = Event::TaskSent { task, cost };
        self.apply_with(event, None, |summary, _| summary.tasks += 1);
    }

    /// Delivers the result that the journal has for a task. The plan never knows the task.
    fn resume_task(&mut self, task: TaskId, result: R, bytes: usize) {
        self.summary.lock().count_resumed();
        self.observe(|| RunEvent::TaskSent { task });
        self.send_outcome(task, Ok(result), bytes);
        self.observe(|| RunEvent::TaskResumed { task });
        self.observe_window(0);
    }

    /// Tells the plan if the results that the caller has not been given fill its window, with
    /// so many bytes more, or do so no longer.
    pub(super) fn observe_window(&mut self, more: usize) {
        let is_full = self.held.is_full_with(more);
        if is_full != self.is_window_full && !self.ended {
            self.is_window_full = is_full;
            self.apply(Event::WindowChanged { is_full });
        }
    }

    /// Does what is due by now. Returns the moment at which to call this again, if there is
    /// one yet, or breaks at the end of the run.
    pub(super) fn fire_timer(&mut self) -> ControlFlow<(), Option<Instant>> {
        if self.ended {
            return ControlFlow::Break(());
        }
        let due = self.plan.next_timer();
        if due.is_some_and(|at| at <= self.started_at.elapsed()) {
            self.apply(Event::TimerFired);
        }
        // Set first, or the timer thread would send itself a message.
        self.timer_wakes_at = self.plan.next_timer();
        self.wake_waiting_threads();
        if self.ended {
            return ControlFlow::Break(());
        }
        let moment = |at| self.started_at.checked_add(at);
        ControlFlow::Continue(self.timer_wakes_at.and_then(moment))
    }

    /// Gives the plan an event, and carries out its actions.
    pub(super) fn apply(&mut self, event: Event) {
        self.apply_with(event, None, |_, _| {});
    }

    /// Gives the plan an event, and carries out its actions. `result` is that of the call
    /// that has returned, with its size, which an action may deliver.
    ///
    /// `update` and all actions change the summary under one lock, so that a reader never
    /// finds a task that is counted nowhere.
    pub(super) fn apply_with(
        &mut self,
        event: Event,
        mut result: Option<(R, usize)>,
        update: impl FnOnce(&mut RunSummary, Duration),
    ) {
        let now = self.started_at.elapsed();
        self.plan.handle(event, now);
        let mut actions = std::mem::take(&mut self.actions);
        actions.extend(std::iter::from_fn(|| self.plan.poll_action()));
        {
            let mut summary = self.summary.lock();
            update(&mut summary, now);
            for action in &actions {
                summary.count_action(action, now);
            }
            summary.set_open_tasks(self.plan.open_tasks());
            summary.is_stopping = self.plan.is_draining();
        }
        for action in actions.drain(..) {
            self.ended |= matches!(action, Action::EndRun(_));
            self.carry_out(action, &mut result);
        }
        self.actions = actions;
    }

    /// Wakes the timer thread, if it has to wake earlier than it would by itself, or the run
    /// has ended; and the submitter, if there is room for its task.
    pub(super) fn wake_waiting_threads(&mut self) {
        let next = self.plan.next_timer();
        let earlier = next.is_some_and(|next| self.timer_wakes_at.is_none_or(|at| next < at));
        if earlier || self.ended {
            self.timer_wakes_at = next;
            // If it is full, a message is on its way already.
            let _ = self.timer.try_send(());
        }
        if self.submitter_waits && self.plan.should_wake_sender() {
            self.submitter_waits = false;
            let _ = self.room.try_send(());
        }
    }

    /// Sends an event to all observers, and forgets those whose reader is gone.
    pub(super) fn observe(&mut self, event: impl FnOnce() -> RunEvent) {
        if !self.observers.is_empty() {
            let event = event();
            self.observers
                .retain(|observer| observer.send(event.clone()));
        }
    }

    pub(super) fn server_name(&self, server: ServerId) -> Arc<str> {
        Arc::clone(&self.servers[server.index()].name)
    }

    /// Returns a server's name as the log shows it.
    pub(super) fn shown_name(&self, server: ServerId) -> OneLine<'_> {
        OneLine::new(&self.servers[server.index()].name)
    }
}
