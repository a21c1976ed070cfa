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
//! - A server that fails is put aside with exponential back-off. Then one call
//!   is its trial: an answer takes it back, a failure puts it aside for
//!   longer. So a dead server, which fails fastest, does not eat the queue.
//! - A server that refuses its calls, or does not serve them, is out for good.
//! - When no server is alive, for as long as [`outage`](PlanOptions::outage)
//!   says, while tasks wait, the run is over. Calls in flight are waited for,
//!   as one may still bring an answer, which starts the clock again.

mod backoff;
mod event;
mod judge;
mod server;
mod servers;
mod tasks;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use backoff::Backoff;
#[cfg(test)]
pub(crate) use backoff::SplitMix;
pub(crate) use event::{Action, Aside, End, Event, Failure};
use server::Seat;
use servers::Servers;
use tasks::Tasks;

use crate::ids::ServerId;
use crate::{CallId, TaskId};

/// What the plan is told at the start.
#[derive(Clone, Debug)]
pub(crate) struct PlanOptions {
    /// How many tasks may wait.
    pub(crate) read_ahead: usize,
    /// How many calls that may have run a task is worth.
    pub(crate) max_attempts: u32,
    /// How long all servers may be down.
    pub(crate) outage: Option<Duration>,
    /// What its random numbers come from.
    pub(crate) seed: u64,
}

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Plan {
    options: PlanOptions,
    tasks: Tasks,
    servers: Servers,
    calls: BTreeMap<CallId, InFlight>,
    next_call: u64,
    /// Calls in flight that are wanted and are no trials.
    steady: usize,
    /// Trials in flight that are wanted.
    trials: usize,
    backoff: Backoff,
    actions: VecDeque<Action>,
    now: Duration,
    /// Since when there are tasks to do and no server alive.
    down_since: Option<Duration>,
    closed: bool,
    ended: bool,
}

/// A call that has not returned. It keeps its slot until then.
#[derive(Clone, Copy, Debug)]
struct InFlight {
    task: TaskId,
    seat: Seat,
    /// It was cancelled: whatever it brings is thrown away.
    draining: bool,
}

impl Plan {
    /// A plan for servers with so many slots each.
    pub(crate) fn new(slots: &[usize], options: PlanOptions) -> Self {
        Self {
            tasks: Tasks::default(),
            servers: Servers::new(slots),
            calls: BTreeMap::new(),
            next_call: 0,
            steady: 0,
            trials: 0,
            backoff: Backoff::new(options.seed),
            actions: VecDeque::new(),
            now: Duration::ZERO,
            down_since: None,
            closed: false,
            ended: false,
            options,
        }
    }

    /// Takes in what has happened by `now`, the time since the start. A time
    /// before the last one counts as the last one.
    pub(crate) fn handle(&mut self, event: Event, now: Duration) {
        self.now = self.now.max(now);
        self.servers.wake(self.now);
        match event {
            Event::Sent { task } => self.tasks.send(task),
            Event::Closed => self.closed = true,
            Event::Ended { call, outcome } => self.call_ended(call, outcome),
            Event::Abandoned => self.abandon(),
            Event::Woken => {}
        }
        if self.ended {
            return;
        }
        self.watch_outage();
        self.place();
        self.judge_end();
    }

    /// What to do next, if anything is left.
    pub(crate) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to send [`Event::Woken`] if nothing happens before; always after
    /// the time of the last event.
    pub(crate) fn next_wake(&self) -> Option<Duration> {
        if self.ended {
            return None;
        }
        let outage = self.outage_at().filter(|&at| at > self.now);
        self.servers.next_timer().into_iter().chain(outage).min()
    }

    /// Whether a task that is sent now finds a slot or a place to wait.
    pub(crate) fn wants_task(&self) -> bool {
        let room = self.servers.any_ready() || self.tasks.waiting() < self.options.read_ahead;
        room && !self.closed && !self.ended && !self.outage_reached()
    }

    /// How many tasks have no answer yet.
    pub(crate) fn open_tasks(&self) -> usize {
        self.tasks.open()
    }

    /// How many calls have not returned.
    pub(crate) fn in_flight(&self) -> usize {
        self.calls.len()
    }

    fn abandon(&mut self) {
        if self.ended {
            return;
        }
        for (&call, in_flight) in &mut self.calls {
            let server = in_flight.seat.server;
            if !in_flight.draining {
                in_flight.draining = true;
                self.actions.push_back(Action::Cancel { call, server });
            }
        }
        self.end(End::Abandoned);
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
        self.steady == 0 && self.outage_at().is_some_and(|at| at <= self.now)
    }

    /// Gives tasks to free slots until there are no more of either.
    fn place(&mut self) {
        if self.outage_reached() {
            return;
        }
        while let Some((task, server)) = self.take_placement() {
            let seat = self.servers.seat(server);
            let call = CallId::new(self.next_call);
            self.next_call += 1;
            match seat.trial {
                true => self.trials += 1,
                false => self.steady += 1,
            }
            let in_flight = InFlight {
                task,
                seat,
                draining: false,
            };
            self.calls.insert(call, in_flight);
            let retry = self.tasks.tries(task).is_some_and(|tries| {
                tries.calls += 1;
                tries.calls > 1
            });
            self.actions.push_back(Action::Start {
                task,
                call,
                server,
                retry,
            });
        }
    }

    /// Takes the next task that can be placed out of the queue.
    fn take_placement(&mut self) -> Option<(TaskId, ServerId)> {
        for (task, failed_by) in self.tasks.first_retries().into_iter().flatten() {
            if let Some(server) = self.servers.pick(Some(failed_by)) {
                self.tasks.take_retry(task, failed_by);
                return Some((task, server));
            }
        }
        let task = self.tasks.first_fresh()?;
        let server = self.servers.pick(None)?;
        self.tasks.take_fresh();
        Some((task, server))
    }

    fn judge_end(&mut self) {
        if self.closed && self.tasks.open() == 0 {
            return self.end(End::Completed);
        }
        if self.steady + self.trials > 0 {
            return;
        }
        if self.servers.all_out() {
            self.end(End::NoServers);
        } else if self.outage_reached() {
            let after = self.options.outage.unwrap_or_default();
            self.end(End::Outage { after });
        }
    }

    fn end(&mut self, end: End) {
        self.ended = true;
        self.actions.push_back(Action::End(end));
    }
}
