//! Every decision of a run: what goes where, what is tried again, which server
//! is used, when it is over.
//!
//! A pure state machine. It is told what has happened and what time it is
//! ([`Plan::handle`]), and asks for what is to be done
//! ([`Plan::poll_action`]). It holds numbers, times and counts: no arguments,
//! results, threads, sockets or clock. Its random numbers come from a seed, so
//! that the same events bring the same actions.
//!
//! The rules:
//!
//! - A task goes to the server that is up, has a free slot, and has the fewest
//!   calls in flight; among equals, to the one unused for longest. Retries go
//!   before new tasks.
//! - An answer, be it a result or a fault, ends its task. Any other failure
//!   sends it to another server if one is up; a call that may have run counts,
//!   and after [`max_attempts`](PlanOptions::max_attempts) of them the task
//!   has failed.
//! - A fault that is to be [tried again](PlanOptions::retry_faults) counts as
//!   such a call, and is the answer once there have been enough of them.
//! - Retries of calls that may have run are paid for from a budget, which a
//!   tenth of a token of each first call fills, and the mere passing of time:
//!   in a sick cluster they are delayed.
//! - A task aboard at the deaths of two servers waits until nothing else
//!   waits or runs, and then runs alone on its server; if that one dies too,
//!   the task is poison, and has failed. A server that says that it goes on
//!   has not died.
//! - A server that fails is put aside with exponential back-off, and then asked
//!   how it is: if it says so, it is taken back. If it can only be reached, or
//!   can't be asked, or failed otherwise than by silence, one call is its
//!   trial: an answer takes it back, a failure puts it aside for longer. So a
//!   dead server, which fails fastest, does not eat the queue.
//! - A server that says how it is is asked every second, and hangs when it says
//!   nothing for two. Its calls are doubted then: they go on, and their tasks
//!   wait for another server too; the first answer counts. When it says that it
//!   was started anew they are lost.
//! - A server that refuses its calls, or does not serve them, or answers what is
//!   found to be wrong, is out for good; one whose calls fail at once, five in a row, is put aside for a minute.
//! - When nothing waits and a server that is up has a free slot, the slowest
//!   task that has one call alone gets a second one there, once it has run for
//!   twice the median and a second. The loser is cancelled, and keeps its slot
//!   until it has returned.
//! - A server in reserve gets no calls until the run would end for lack of
//!   servers.
//! - When no server is alive, for as long as [`outage`](PlanOptions::outage)
//!   says, while tasks wait, the run is over. Calls in flight that are not
//!   doubted are waited for, as one may still bring an answer, which starts the
//!   clock again.

pub(crate) mod action;
mod apart;
mod backoff;
mod budget;
mod calls;
mod cancel;
pub(crate) mod event;
mod judge;
mod median;
mod place;
mod pulse;
mod server;
mod servers;
mod tasks;
#[cfg(test)]
pub(crate) mod tests;
mod watch;

use std::collections::VecDeque;
use std::time::Duration;

use backoff::Backoff;
#[cfg(test)]
pub(crate) use backoff::SplitMix;
use budget::Budget;
use calls::Calls;
use median::Median;
use servers::Servers;
use tasks::Tasks;

use crate::options::RetryFaults;
use crate::plan::action::{Action, RunEnd};
use crate::plan::event::{Event, ServerConfig};

/// What the plan is told at the start.
#[derive(Clone, Debug)]
pub(crate) struct PlanOptions {
    /// How many tasks may wait.
    pub(crate) read_ahead: usize,
    /// How many calls that may have run a task is worth.
    pub(crate) max_attempts: u32,
    /// How long all servers may be down.
    pub(crate) outage: Option<Duration>,
    /// How long a call may take: a time, and so many times the median.
    pub(crate) time_limit: Option<Duration>,
    pub(crate) time_limit_medians: Option<u32>,
    /// Which faults are tried again.
    pub(crate) retry_faults: RetryFaults,
    /// Whether slow tasks are sent a second time.
    pub(crate) hedge: bool,
    /// What its random numbers come from.
    pub(crate) seed: u64,
}

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Plan {
    options: PlanOptions,
    tasks: Tasks,
    servers: Servers,
    calls: Calls,
    median: Median,
    backoff: Backoff,
    budget: Budget,
    actions: VecDeque<Action>,
    now: Duration,
    /// Since when there are tasks to do and no server alive.
    down_since: Option<Duration>,
    /// Since when some slot has had nothing to do.
    idle_since: Option<Duration>,
    /// When the next task is sent a second time if nothing changes.
    hedge_at: Option<Duration>,
    /// Since when nothing is at work but tasks that run alone.
    quiet_since: Option<Duration>,
    /// When the next of these starts if nothing changes.
    apart_at: Option<Duration>,
    closed: bool,
    stopped: bool,
    ended: bool,
}

impl Plan {
    /// A plan for these servers.
    pub(crate) fn new(sites: &[ServerConfig], options: PlanOptions) -> Self {
        let servers = Servers::new(sites);
        Self {
            tasks: Tasks::default(),
            budget: Budget::new(servers.slots()),
            servers,
            calls: Calls::default(),
            median: Median::new(),
            backoff: Backoff::new(options.seed),
            actions: VecDeque::new(),
            now: Duration::ZERO,
            down_since: None,
            idle_since: None,
            hedge_at: None,
            quiet_since: None,
            apart_at: None,
            closed: false,
            stopped: false,
            ended: false,
            options,
        }
    }

    /// Takes in what has happened by `now`, the time since the start. A time
    /// before the last one counts as the last one.
    pub(crate) fn handle(&mut self, event: Event, now: Duration) {
        self.now = self.now.max(now);
        self.wake();
        match event {
            Event::TaskSent { task, cost } => self.tasks.send(task, cost),
            Event::InputClosed => self.closed = true,
            Event::CallReturned { call, outcome } => self.call_ended(call, outcome),
            Event::ProbeReturned { server, outcome } => self.probed(server, outcome),
            Event::ServerAdded { config } => self.joined(config),
            Event::ServerRemoved { server } => self.left(server),
            Event::TaskCancelled { task } => self.cancelled(task),
            Event::DrainRequested => self.stopped = true,
            Event::Abandoned => self.break_off(RunEnd::Abandoned),
            Event::JournalFailed => self.break_off(RunEnd::JournalFailed),
            Event::TimerFired => {}
        }
        if self.ended {
            return;
        }
        self.lose_overrun();
        self.wake();
        self.watch_outage();
        self.place();
        self.judge_end();
    }

    /// What to do next, if anything is left.
    pub(crate) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to send [`Event::TimerFired`] if nothing happens before; always after
    /// the time of the last event.
    pub(crate) fn next_timer(&self) -> Option<Duration> {
        if self.ended {
            return None;
        }
        let outage = self.outage_at().filter(|&at| at > self.now);
        let overrun = self.overrun_at().map(|(_, at)| at);
        let times = [
            self.servers.next_timer(),
            outage,
            overrun,
            self.hedge_at,
            self.apart_at,
            self.paid_at(),
        ];
        times.into_iter().flatten().min()
    }

    /// Whether a task that is sent now finds a slot or a place to wait.
    ///
    /// While every server is down one task may wait whatever the read-ahead:
    /// the outage's clock runs while there is something to do.
    pub(crate) fn accepts_task(&self) -> bool {
        let down = !self.servers.any_alive() && self.tasks.waiting() == 0;
        let room = down || self.tasks.waiting() < self.options.read_ahead;
        let room = room || self.servers.any_ready();
        room && !self.closed && !self.stopped && !self.ended && !self.outage_reached()
    }

    /// Whether it is worth waking the sender of tasks: there is a slot, or half
    /// of the places to wait are free.
    pub(crate) fn should_wake_sender(&self) -> bool {
        let half = self.tasks.waiting() <= self.options.read_ahead / 2;
        (half || self.servers.any_ready()) && self.accepts_task()
    }

    /// Whether no retry waits to be paid for.
    #[cfg(test)]
    pub(crate) fn pays_for_retries(&self) -> bool {
        self.tasks.first_delayed().is_none()
    }

    #[cfg(test)]
    pub(crate) fn seed(&self) -> u64 {
        self.options.seed
    }

    /// How many tasks have no answer yet.
    pub(crate) fn open_tasks(&self) -> usize {
        self.tasks.open()
    }

    /// How many calls have not returned.
    pub(crate) fn in_flight(&self) -> usize {
        self.calls.len()
    }

    /// Starts the outage's clock, or stops it.
    fn watch_outage(&mut self) {
        let down = !self.servers.any_alive() && self.tasks.open() > 0;
        self.down_since = down.then(|| self.down_since.unwrap_or(self.now));
    }

    fn outage_at(&self) -> Option<Duration> {
        self.down_since?.checked_add(self.options.outage?)
    }

    /// Whether all servers have been down for long enough to end. A call from
    /// before they went down may still bring an answer; trials are seen to
    /// their end, and no more are made.
    fn outage_reached(&self) -> bool {
        self.calls.steady == 0 && self.outage_at().is_some_and(|at| at <= self.now)
    }

    /// Uses the servers that were kept for when no other is left, if there are
    /// any.
    fn fall_back(&mut self) -> bool {
        let servers = self.servers.fall_back();
        let any = !servers.is_empty();
        if any {
            let actions = servers
                .into_iter()
                .map(|server| Action::UseReserve { server });
            self.actions.extend(actions);
            self.down_since = None;
            self.place();
        }
        any
    }

    fn judge_end(&mut self) {
        if self.closed && self.tasks.open() == 0 {
            return self.end(RunEnd::Completed);
        }
        if self.calls.steady + self.calls.trials > 0 {
            return;
        }
        if self.stopped {
            // Of a server that says nothing too: it may be the network's doing.
            if self.calls.oldest().is_none() {
                self.end(RunEnd::Drained);
            }
            return;
        }
        let none_left = self.servers.all_out() || self.outage_reached();
        if none_left && self.fall_back() {
            return;
        }
        if self.servers.all_out() {
            self.end(RunEnd::NoServers);
        } else if self.outage_reached() {
            let after = self.options.outage.unwrap_or_default();
            self.end(RunEnd::Outage { after });
        }
    }
}
