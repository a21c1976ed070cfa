//! Which task goes to which server, and which one goes to a second.

use std::time::Duration;

use super::Plan;
use super::calls::{InFlight, State};
use crate::TaskId;
use crate::ids::ServerId;
use crate::plan::action::{Action, CallReason};

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
        self.pay();
        self.apart_at = None;
        if self.stopped {
            self.hedge_at = None;
            return;
        }
        if self.outage_reached() {
            return;
        }
        while let Some((task, server)) = self.next_placement() {
            self.tasks.dequeue(task);
            self.start(task, server, CallReason::First);
        }
        self.place_apart();
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

    /// Starts a call of a task that waits no more: the first, unless there
    /// has been one, or a hedge.
    fn start(&mut self, task: TaskId, server: ServerId, reason: CallReason) {
        self.seat(task, server, reason, false);
    }

    /// The same, for one that is to run `apart` perhaps.
    pub(super) fn seat(&mut self, task: TaskId, server: ServerId, reason: CallReason, apart: bool) {
        let call = self.calls.next_id();
        let long = self.slow_after();
        let seat = self.servers.seat(server, call, self.now, long, apart);
        let hedge = reason == CallReason::Hedge;
        self.calls.start(InFlight {
            task,
            seat,
            started: self.now,
            hedge,
            state: State::Awaited,
        });
        let mut reason = reason;
        if let Some(placed) = self.tasks.get_mut(task) {
            placed.hedges += u32::from(hedge);
            placed.ran_apart |= apart;
            if !hedge && placed.calls > 0 {
                reason = CallReason::Retry;
            }
            placed.calls += 1;
            placed.live.push(call);
        }
        if reason == CallReason::First {
            self.budget.earn();
        }
        self.mark_alone(task);
        self.actions.push_back(Action::StartCall {
            task,
            call,
            server,
            reason,
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
            self.start(task, server, CallReason::Hedge);
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

    /// Notes whether a task has one hope alone, and may have another. One that
    /// was aboard at a server's death may kill the next, and is not sent to
    /// two where the server would say that it hangs.
    pub(super) fn mark_alone(&mut self, task: TaskId) {
        let Some(marked) = self.tasks.get(task) else {
            return;
        };
        let alone = marked.live.len() == 1 && !marked.waits();
        for &id in &marked.live {
            let call = self.calls.get(id);
            let awaited = call.is_some_and(|call| call.state == State::Awaited);
            let server = call.map(|call| self.servers.get(call.seat.server));
            let says = server.is_some_and(|server| server.instance().is_some());
            let harmless = match marked.deaths.len() {
                0 => true,
                1 => !says,
                _ => false,
            };
            self.calls.set_alone(id, alone && awaited && harmless);
        }
    }
}
