//! The plan: every decision of a run, as a pure state machine.
//!
//! The plan is given events and the time ([`Plan::handle`]), and returns
//! actions ([`Plan::poll_action`]). It holds numbers, times and counts, but no
//! arguments, results, threads, sockets or clock. Its random numbers come from
//! a seed, so equal events at equal times give equal actions.
//!
//! The state is divided into parts. A part owns one concern, knows neither the
//! plan nor the other parts' state, and returns decisions. [`Plan::handle`]
//! asks the parts and applies what they decide:
//!
//! | part | rule |
//! | --- | --- |
//! | [`tasks`] | Retries go before new tasks, costly tasks before cheap ones. While the caller's window is full of results, the oldest open task alone begins. |
//! | [`calls`] | A call keeps its slot until it has returned, even if it is cancelled. |
//! | [`failures`] | A result ends its task. A lost call is tried again, and its server is set aside. Any other failure is contested: it may be the task's or the server's. |
//! | [`cases`] | A contested failure opens a case between task and server. Failures of one task on several servers are the task's. |
//! | [`standing`] | Failures of several tasks on one server are the server's: it is suspected, and on trial. |
//! | [`parking`] | A contested failure that nobody can check gets a second chance. |
//! | [`retries`] | A task fails after a number of attempts. Retries of calls that may have run are paid for from a [`budget`], and delayed while it is empty. |
//! | [`suspects`] | A task that was running when two servers died runs in isolation. If that server dies too, the task is poison, and fails. |
//! | [`isolation`] | A suspect starts once nothing else waits or runs. |
//! | [`health`] | A server that fails is set aside with exponential [`backoff`]. A probe or a trial takes it back. |
//! | [`capacity`] | A server that refuses a call as busy while it runs others gets no more at a time than these, and then more again step by step. |
//! | [`heartbeat`] | A server that reports its status is probed every second, and hangs if it is silent for two. Its calls are doubted: they go on, and their tasks are tried elsewhere too. |
//! | [`aliases`] | An instance that reports at several addresses is used at one of them. |
//! | [`placement`] | A task goes to the server that is up, has a free slot, and has the fewest calls in flight. It [avoids](avoid) those that have failed it. |
//! | [`hedging`] | When nothing waits, the slowest task gets a second call on an idle server. The first answer counts. |
//! | [`time_left`] | A server that knows when it ends starts no call that would not end in time, by the median. |
//! | [`time_limits`] | A call that exceeds its time limit is lost. The limit may depend on the median of the [`durations`]. |
//! | [`outage`] | When no server is alive for long enough while tasks wait, the reserve is used, or the run ends. |
//! | [`waiting`] | If no server takes calls while tasks wait, the caller is notified after some seconds. |
//!
//! This file has the flow of one event, from top to bottom. The changes that
//! concern several parts, and the actions that go with them, are in `apply.rs`.
//! What the plan says about itself is in `queries.rs`.

pub(crate) mod action;
mod aliases;
mod apply;
mod avoid;
mod backoff;
mod budget;
mod calls;
mod capacity;
mod cases;
mod durations;
pub(crate) mod event;
mod failures;
mod health;
mod heartbeat;
mod hedging;
mod instances;
mod isolation;
pub(crate) mod options;
mod outage;
mod parking;
mod placement;
mod protocol;
mod queries;
pub(crate) mod random;
mod retries;
mod standing;
mod suspects;
mod tasks;
#[cfg(test)]
pub(crate) mod tests;
mod time_left;
mod time_limits;
mod timers;
mod waiting;

use std::collections::VecDeque;
use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::CallId;
use crate::plan::action::{Action, RunEnd, TaskFailure};
use crate::plan::aliases::Aliases;
use crate::plan::calls::{CallKind, CallState, Calls};
use crate::plan::capacity::Capacity;
use crate::plan::cases::Cases;
use crate::plan::durations::Durations;
use crate::plan::event::{Event, Role, ServerConfig};
use crate::plan::failures::TaskVerdict;
use crate::plan::health::{Health, State};
use crate::plan::heartbeat::{Heartbeat, ProbeTimer};
use crate::plan::hedging::Hedging;
use crate::plan::isolation::Isolation;
use crate::plan::options::PlanOptions;
use crate::plan::outage::Outage;
use crate::plan::parking::Parking;
use crate::plan::placement::Placement;
use crate::plan::retries::Retries;
use crate::plan::standing::Standing;
use crate::plan::suspects::Suspects;
use crate::plan::tasks::Tasks;
use crate::plan::time_left::TimeLeft;
use crate::plan::time_limits::TimeLimits;
use crate::plan::waiting::Waiting;

/// The parts of the plan, and the state that no part owns.
#[derive(Debug)]
pub(crate) struct Plan {
    options: PlanOptions,
    tasks: Tasks,
    calls: Calls,
    retries: Retries,
    /// The contested failures of open tasks.
    cases: Cases,
    standing: Standing,
    parking: Parking,
    suspects: Suspects,
    isolation: Isolation,
    health: Health,
    capacity: Capacity,
    heartbeat: Heartbeat,
    aliases: Aliases,
    /// Has the state of each server as of its last change in `health`.
    placement: Placement,
    hedging: Hedging,
    durations: Durations,
    time_left: TimeLeft,
    time_limits: TimeLimits,
    outage: Outage,
    waiting: Waiting,
    /// Number of tasks that have ended by themselves, and that have failed.
    ended_tasks: u64,
    failed_tasks: u64,
    /// No more calls are wanted: enough tasks have failed.
    halted: bool,
    /// Some server can't come any more for which tasks may wait.
    recheck: bool,
    /// Actions that the caller has not polled yet.
    actions: VecDeque<Action>,
    /// Time of the last event.
    now: Duration,
    /// No more tasks will be sent.
    input_closed: bool,
    /// The results that the caller has not been given fill its window. Of the tasks that have
    /// had no call, the oldest open one alone may begin: the others may wait for its result.
    is_window_full: bool,
    /// No more calls will be started.
    draining: bool,
    /// The run is over: the last action is `EndRun`.
    ended: bool,
}

impl Plan {
    /// Creates the plan of a run with these servers.
    pub(crate) fn new(servers: &[ServerConfig], options: PlanOptions) -> Self {
        let mut plan = Self {
            tasks: Tasks::default(),
            calls: Calls::default(),
            retries: Retries::new(options.max_attempts, options.max_fault_attempts),
            cases: Cases::default(),
            standing: Standing::default(),
            parking: Parking::default(),
            suspects: Suspects::default(),
            isolation: Isolation::default(),
            health: Health::new(options.seed),
            capacity: Capacity::default(),
            heartbeat: Heartbeat::default(),
            aliases: Aliases::default(),
            placement: Placement::default(),
            hedging: Hedging::new(options.hedge),
            durations: Durations::new(),
            time_left: TimeLeft::default(),
            time_limits: TimeLimits::new(options.time_limit, options.time_limit_medians),
            outage: Outage::new(options.outage, options.outage_before_answer),
            waiting: Waiting::default(),
            ended_tasks: 0,
            failed_tasks: 0,
            halted: false,
            recheck: false,
            actions: VecDeque::new(),
            now: Duration::ZERO,
            input_closed: false,
            is_window_full: false,
            draining: false,
            ended: false,
            options,
        };
        for &server in servers {
            plan.add_server(server);
        }
        plan
    }

    /// Takes in an event at `now`, the time since the start of the run. A time
    /// before that of the last event counts as that one.
    pub(crate) fn handle(&mut self, event: Event, now: Duration) {
        self.now = self.now.max(now);
        // First what was due before the event: a server whose time aside has ended
        // is not in that state any more when the event is taken in.
        self.fire_timers();
        match event {
            Event::TaskSent { task, cost } => self.tasks.add(task, cost),
            Event::InputClosed => self.input_closed = true,
            Event::CallBegan {
                call,
                worker,
                at_work,
            } => self.call_began(call, worker, at_work),
            Event::WorkerLost { call, worker } => self.worker_lost(call, worker),
            Event::WorkerUnfit { call, worker } => self.worker_unfit(call, worker),
            Event::CallReturned { call, outcome } => self.call_returned(call, outcome),
            Event::ProbeReturned { server, outcome } => self.probe_returned(server, outcome),
            Event::ServerAdded { config } => self.add_server(config),
            Event::ServerRemoved { server } => match self.health.role(server) {
                Role::Worker(_) => self.remove_worker(server),
                Role::Server | Role::Host => self.mark_out(server),
            },
            Event::ServerDropped { server } => self.drop_server(server),
            Event::TaskCancelled { task } => self.cancel_task(task),
            Event::DrainRequested => self.draining = true,
            Event::Abandoned => self.end_run(RunEnd::Abandoned),
            Event::JournalFailed => self.end_run(RunEnd::JournalFailed),
            Event::WindowChanged { is_full } => self.is_window_full = is_full,
            Event::TimerFired => {}
        }
        if self.ended {
            return;
        }
        self.lose_overdue_calls();
        self.update_ending();
        // The event or a loss may have set a server aside for no time at all, or
        // made a probe due at once.
        self.fire_timers();
        // The outage before the calls: none is started past its limit.
        self.recheck |= self.health.lapse(self.patience(), self.now);
        let any_open = self.tasks.open() > 0;
        self.outage
            .observe(self.health.any_alive(), any_open, self.now);
        self.ask_once_more();
        self.start_calls();
        self.tell_waiting();
        self.end_if_done();
    }

    /// Makes the changes of servers whose time has come, then sends the probes
    /// that are due, until no timer is left.
    fn fire_timers(&mut self) {
        loop {
            let timers = self.fire_server_timers();
            if timers.is_empty() {
                return;
            }
            for timer in timers {
                match timer {
                    ProbeTimer::Due(server) => self.probe_if_needed(server),
                    ProbeTimer::Overdue(server) => self.probe_overdue(server),
                }
            }
        }
    }

    fn fire_server_timers(&mut self) -> Vec<ProbeTimer> {
        let mut timers = Vec::new();
        while let Some((at, server)) = self.next_server_timer()
            && at <= self.now
        {
            if let Some(state) = self.health.end_aside(server, self.now) {
                self.placement.set_state(server, state);
                let needed = state == State::Probing;
                self.heartbeat.end_aside(server, needed, self.now);
            }
            self.placement.end_keep_off(server, self.now);
            self.grow_capacity(server);
            timers.extend(self.heartbeat.fire_timers(server, self.now));
        }
        timers
    }

    fn call_returned(&mut self, call: CallId, outcome: Result<(), ErrorKind>) {
        let Some(ended) = self.calls.end(call) else {
            return;
        };
        self.free_slot(call, &ended);
        if ended.state == CallState::Cancelled {
            return;
        }
        let ended = match outcome {
            Err(kind) if kind.is_of_destination() => ended.without_worker(),
            _ => ended,
        };
        let (task, server) = (ended.task, ended.by().server);
        if failures::has_reached(outcome) {
            self.health.reached(server);
        }
        let has_answered = self.standing.has_answered(server);
        let (server_verdict, task_verdict) = failures::assess(outcome, has_answered);
        self.apply_to_server(&ended, server_verdict);
        match task_verdict {
            TaskVerdict::Delivered => {
                if let Some(began) = ended.began {
                    self.durations.add(self.now.saturating_sub(began));
                }
                self.deliver_result(&ended);
            }
            TaskVerdict::Failed if outcome == Err(ErrorKind::GivenUp) => self.give_up_call(task),
            TaskVerdict::Failed => self.fail_task(task, TaskFailure::Permanent),
            TaskVerdict::TryAgain(failure) => {
                self.record_death(&ended, failure.death);
                self.try_again(&ended, failure);
            }
            TaskVerdict::Contested(kind) => self.contest(&ended, kind),
        }
    }

    /// Starts calls until tasks or free slots are used up: retries, new tasks,
    /// then suspects, then hedges.
    fn start_calls(&mut self) {
        self.retries.refill(self.now, self.placement.slots());
        if !self.draining {
            // Before retries are paid for: those that can't come anywhere are not made now.
            self.recheck_waiting();
        }
        while let Some(task) = self.tasks.first_delayed()
            && self.retries.pay()
        {
            self.requeue_retry(task);
        }
        self.isolation.clear_start();
        if self.draining {
            self.hedging.clear_hedge();
            self.parking.observe(false, false, self.now);
            return;
        }
        self.recheck_waiting();
        self.give_second_chances();
        if self.is_outage_over_limit() {
            return;
        }
        self.place_calls();
        self.start_suspects();
        self.start_hedges();
    }

    fn place_calls(&mut self) {
        loop {
            while let Some((task, server)) = self.next_placement() {
                self.tasks.dequeue(task);
                self.start_call(task, server, CallKind::Ordinary);
            }
            if !self.free_delayed_case() {
                break;
            }
        }
    }

    fn start_hedges(&mut self) {
        let idle = !self.draining && self.may_start() == 0 && self.placement.any_idle();
        if !self.hedging.observe(idle, self.now) {
            return;
        }
        let slow_after = self.slow_after();
        while let Some((started, task, server)) = self.next_hedge()
            && self.hedging.is_due(started, slow_after, self.now)
        {
            self.start_call(task, server, CallKind::Hedge);
        }
    }

    fn end_if_done(&mut self) {
        if self.input_closed && self.tasks.open() == 0 {
            return self.end_run(RunEnd::Completed);
        }
        if self.calls.awaited() > 0 {
            return;
        }
        if self.draining {
            if !self.any_last_call() {
                self.end_run(match self.halted {
                    true => RunEnd::Halted,
                    false => RunEnd::Drained,
                });
            }
            return;
        }
        let refused = self.health.all_unused(true);
        let none_left = self.health.all_unused(!self.outage.has_answered());
        let over_limit = self.is_outage_over_limit();
        let lacks_time = self.tasks.open() > 0 && self.lacks_time();
        if !refused && !over_limit && !lacks_time {
            return;
        }
        let reserve = self.health.use_reserve();
        if !reserve.is_empty() {
            self.use_reserve(reserve);
            self.start_calls();
        } else if none_left {
            self.end_run(RunEnd::NoServers);
        } else if over_limit {
            let after = self.outage.limit().unwrap_or_default();
            self.end_run(RunEnd::Outage { after });
        }
    }
}
