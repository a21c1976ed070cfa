//! Which task goes to which server, and which one goes to a second.

use std::time::Duration;

use super::calls::{InFlight, State};
use super::{Action, Plan, Why};
use crate::TaskId;
use crate::ids::ServerId;

/// How long a slot has nothing else to do before it takes a hedge: a task
/// whose sender waits for the slot is there sooner.
const IDLE: Duration = Duration::from_millis(20);
/// A task is slow when it has run for so many times the median, and at least
/// for so long.
const SLOW: u32 = 2;
const SLOW_LEAST: Duration = Duration::from_secs(1);
/// The same where no task has ended yet.
const SLOW_BLIND: Duration = Duration::from_secs(30);

impl Plan {
    /// Gives tasks to free slots until there are no more of either.
    pub(super) fn place(&mut self) {
        if self.outage_reached() {
            return;
        }
        while let Some((task, server)) = self.next_placement() {
            self.tasks.dequeue(task);
            self.start(task, server, false);
        }
        self.hedge();
    }

    fn next_placement(&self) -> Option<(TaskId, ServerId)> {
        for (task, failed_by) in self.tasks.first_retries().into_iter().flatten() {
            if let Some(server) = self.servers.pick(Some(failed_by)) {
                return Some((task, server));
            }
        }
        Some((self.tasks.first_fresh()?, self.servers.pick(None)?))
    }

    fn start(&mut self, task: TaskId, server: ServerId, hedge: bool) {
        let call = self.calls.next_id();
        let long = self.slow_after();
        let seat = self.servers.seat(server, call, self.now, long);
        self.calls.start(InFlight {
            task,
            seat,
            started: self.now,
            hedge,
            state: State::Awaited,
        });
        let mut why = Why::First;
        if let Some(placed) = self.tasks.get_mut(task) {
            if hedge {
                why = Why::Hedge;
                placed.hedges += 1;
            } else if placed.calls > 0 {
                why = Why::Again;
            }
            placed.calls += 1;
            placed.live.push(call);
        }
        self.mark_alone(task);
        self.actions.push_back(Action::Start {
            task,
            call,
            server,
            why,
        });
    }

    /// Sends the slowest tasks a second time, to slots that have nothing else
    /// to do.
    fn hedge(&mut self) {
        self.hedge_at = None;
        let idle = self.tasks.waiting() == 0 && self.servers.any_idle();
        if !(idle && self.options.hedge) {
            self.idle_since = None;
            return;
        }
        let since = *self.idle_since.get_or_insert(self.now);
        let slow_after = self.slow_after();
        while let Some((started, task, server)) = self.next_hedge() {
            let at = (started + slow_after).max(since + IDLE);
            if at > self.now {
                self.hedge_at = Some(at);
                return;
            }
            self.start(task, server, true);
        }
    }

    /// The task that has run for longest among those that one more server
    /// could take.
    fn next_hedge(&self) -> Option<(Duration, TaskId, ServerId)> {
        self.calls.alone().find_map(|(_, call)| {
            let server = self.servers.pick_beside(call.seat.server)?;
            Some((call.started, call.task, server))
        })
    }

    /// How long a call runs before it counts as slow.
    pub(super) fn slow_after(&self) -> Duration {
        match self.median.get() {
            Some(median) => median.saturating_mul(SLOW).max(SLOW_LEAST),
            None => SLOW_BLIND,
        }
    }

    /// Notes whether a task has one hope alone.
    pub(super) fn mark_alone(&mut self, task: TaskId) {
        let Some(marked) = self.tasks.get(task) else {
            return;
        };
        let alone = marked.live.len() == 1 && !marked.waits();
        for &call in &marked.live {
            let awaited = self.calls.get(call).map(|call| call.state) == Some(State::Awaited);
            self.calls.set_alone(call, alone && awaited);
        }
    }
}
