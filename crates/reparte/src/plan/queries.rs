//! The plan's answers to questions, which change nothing.

use std::time::Duration;

use crate::ids::{CallId, ServerId, TaskId};
use crate::plan::Plan;
use crate::plan::action::Action;
use crate::plan::calls::CallState;
use crate::plan::event::Role;
use crate::plan::health::State;
use crate::plan::hedging;
use crate::plan::tasks::Task;

/// For the plan's caller.
impl Plan {
    /// Returns the next action, if one is left.
    pub(crate) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Returns when to send [`TimerFired`](crate::plan::event::Event::TimerFired)
    /// if nothing happens before. Always after the time of the last event.
    pub(crate) fn next_timer(&self) -> Option<Duration> {
        if self.ended {
            return None;
        }
        let payment = self.tasks.first_delayed();
        let times = [
            self.next_server_timer().map(|(at, _)| at),
            self.outage.limit_at().filter(|&at| at > self.now),
            self.waiting.notice_at(),
            self.next_overdue_call().map(|(_, at)| at),
            self.hedging.hedge_at(),
            self.time_left.next_timer(self.durations.median(), self.now),
            self.isolation.start_at(),
            self.parking.release_at(),
            self.outage.asked_until().filter(|&at| at > self.now),
            self.next_lapse().filter(|&at| at > self.now),
            payment.map(|_| self.retries.next_payment_at(self.now)),
        ];
        times.into_iter().flatten().min()
    }

    /// Returns whether a task that is sent now finds a free slot or may wait. A free slot is of
    /// no use while the window is full.
    ///
    /// While no server is alive, or none has enough time left, one task may wait whatever the
    /// read-ahead: the outage lasts, and the wait is told, only while there is something to do.
    pub(crate) fn accepts_task(&self) -> bool {
        let down = !self.health.any_alive() || self.lacks_time();
        let down = down && self.tasks.waiting() == 0;
        let starts = self.placement.any_ready() && !self.is_window_full;
        let room = down || self.tasks.waiting() < self.options.read_ahead || starts;
        let wanted = !self.input_closed && !self.draining && !self.ended;
        room && wanted && !self.is_outage_over_limit()
    }

    /// Returns whether a host that refuses a call as busy takes it back, since the run makes no more
    /// calls: that says nothing of the host or of a worker.
    pub(crate) fn takes_calls_back(&self, server: ServerId) -> bool {
        self.draining && self.health.role(server) == Role::Host
    }

    /// Returns whether a sender that waits is worth waking: there is a free slot,
    /// or at most half of the read-ahead is in use.
    pub(crate) fn should_wake_sender(&self) -> bool {
        let half = self.tasks.waiting() <= self.options.read_ahead / 2;
        (half || self.placement.any_ready()) && self.accepts_task()
    }

    /// Returns the workers of a call's host that are not to take it: those that are not up, unless
    /// it is their trial, those that have failed its task, and those that are at work on it.
    pub(crate) fn workers_to_avoid(&self, call: CallId) -> Vec<ServerId> {
        let Some(call) = self.calls.get(call) else {
            return Vec::new();
        };
        let Some(task) = self.tasks.get(call.task) else {
            return Vec::new();
        };
        let calls = task.calls().iter();
        let calls = calls.filter_map(|&call| self.calls.get(call)?.worker);
        let at_work: Vec<ServerId> = calls.map(|worker| worker.server).collect();
        let is_trial = |worker| call.trial.is_some_and(|trial| trial.server == worker);
        let may = |worker| self.placement.works(worker) || is_trial(worker);
        let must_not =
            |worker| !may(worker) || task.avoid().is_strictly(worker) || at_work.contains(&worker);
        let workers = || {
            self.placement
                .workers(call.assignment.server)
                .iter()
                .copied()
        };
        let is_other = |worker| !must_not(worker) && !task.avoid().contains(worker);
        let any_other = workers().any(is_other);
        workers()
            .filter(|&worker| match any_other {
                true => !is_other(worker),
                false => must_not(worker),
            })
            .collect()
    }

    /// Returns whether no more calls are started.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining
    }

    /// Returns the number of tasks that have neither a result nor failed.
    pub(crate) fn open_tasks(&self) -> usize {
        self.tasks.open()
    }

    /// Returns the number of calls that have not returned.
    pub(crate) fn in_flight(&self) -> usize {
        self.calls.len()
    }

    /// Returns whether no retry waits for the budget.
    #[cfg(test)]
    pub(crate) fn pays_for_retries(&self) -> bool {
        self.tasks.first_delayed().is_none()
    }

    /// Returns the seed of the random numbers.
    #[cfg(test)]
    pub(crate) fn seed(&self) -> u64 {
        self.options.seed
    }
}

/// For the plan itself.
impl Plan {
    /// Returns the earliest time at which a part has something due for a server.
    pub(super) fn next_server_timer(&self) -> Option<(Duration, ServerId)> {
        let timers = [
            self.health.next_timer(),
            self.heartbeat.next_timer(),
            self.placement.next_timer(),
            self.capacity.next_timer(),
        ];
        timers.into_iter().flatten().min()
    }

    /// Returns the oldest call, and when it will have exceeded its time limit.
    pub(super) fn next_overdue_call(&self) -> Option<(CallId, Duration)> {
        let limit = self.time_limits.limit(&self.durations)?;
        let (call, began) = self.calls.oldest_at_work()?;
        Some((call, began.saturating_add(limit)))
    }

    /// Returns the task and the server of the next call that is no hedge: a
    /// retry, or else a new task, or else a retry as the trial of a server that has
    /// failed it.
    pub(super) fn next_placement(&self) -> Option<(TaskId, ServerId)> {
        let any = self.placement.pick_any()?;
        let is_proven = |server| self.standing.is_proven(server);
        for (task, avoid) in self.tasks.first_retries() {
            if let Some(server) = self.placement.pick(avoid, is_proven) {
                return Some((task, server));
            }
        }
        if let Some(task) = self.next_new() {
            return Some((task, any));
        }
        let mut retries = self.tasks.first_retries();
        retries.find_map(|(task, avoid)| Some((task, self.placement.pick_trial(avoid)?)))
    }

    /// Returns the new task that begins next. While the window is full it is the oldest open
    /// one, if that is new.
    fn next_new(&self) -> Option<TaskId> {
        match self.is_window_full {
            true => self.tasks.oldest_if_new(),
            false => self.tasks.first_new(),
        }
    }

    /// Returns whether a full window keeps the task from its first call.
    pub(super) fn is_held_back(&self, task: TaskId) -> bool {
        let is_new = self.tasks.get(task).is_some_and(Task::is_new);
        self.is_window_full && is_new && self.next_new() != Some(task)
    }

    /// Returns the number of tasks that wait for a slot or the budget, and that the window
    /// does not hold back.
    pub(super) fn may_start(&self) -> usize {
        let held_back = match self.is_window_full {
            true => self.tasks.new_tasks() - usize::from(self.next_new().is_some()),
            false => 0,
        };
        self.tasks.waiting() - held_back
    }

    /// Returns the time at which a server will have been down for too long, if tasks or the
    /// end of the run may wait for it.
    fn next_lapse(&self) -> Option<Duration> {
        let may_wait = self.draining
            || self.tasks.strict_retries().next().is_some()
            || self.tasks.isolated().next().is_some();
        if !may_wait {
            return None;
        }
        self.health.next_lapse(self.patience())
    }

    /// Returns whether a call may still bring an answer where no more are started. A doubted one
    /// is waited for while its server may come back, since it may be the network that fails, and
    /// while it takes connections.
    pub(super) fn any_last_call(&self) -> bool {
        let mut wanted = self.calls.wanted();
        wanted.any(|(_, call)| {
            let server = call.assignment.server;
            call.state == CallState::Awaited
                || self.health.is_expected(server)
                || self.health.state(server) == State::TrialDue
        })
    }

    /// Returns the task of the next hedge, with the time at which its call
    /// started and the server of the hedge: the task that has run for longest
    /// among those that can be hedged.
    pub(super) fn next_hedge(&self) -> Option<(Duration, TaskId, ServerId)> {
        self.hedging.candidates().find_map(|call| {
            let call = self.calls.get(call)?;
            let avoid = self.tasks.get(call.task)?.avoid();
            let is_proven = |server| self.standing.is_proven(server);
            let beside = call.by().server;
            // Where a call waits for a worker, all of them are busy.
            let may = |server| self.calls.all_at_work(server);
            let picked = self.placement.pick_beside(beside, avoid, may, is_proven);
            Some((call.began?, call.task, picked?))
        })
    }

    /// Returns how long a call runs before its task is slow.
    pub(super) fn slow_after(&self) -> Duration {
        hedging::slow_after(self.durations.median())
    }

    /// Returns whether one of the task's calls is awaited.
    pub(super) fn has_awaited_call(&self, task: TaskId) -> bool {
        let calls = self.tasks.get(task).map_or(&[][..], |task| task.calls());
        let mut calls = calls.iter().filter_map(|&call| self.calls.get(call));
        calls.any(|call| call.state == CallState::Awaited)
    }

    /// Returns whether the outage has reached its limit, and no call may end it.
    pub(super) fn is_outage_over_limit(&self) -> bool {
        let any_asked = || self.health.any_asked();
        self.outage
            .is_over_limit(self.calls.regular(), any_asked, self.now)
    }

    /// Returns whether the server's silence would matter: it is in use, or has
    /// calls in flight.
    pub(super) fn is_watched(&self, server: ServerId) -> bool {
        match self.health.state(server) {
            State::Up | State::TrialDue | State::OnTrial | State::Alias => true,
            State::Out => !self.calls.on_server(server).is_empty(),
            State::Aside | State::Probing | State::Reserve => false,
        }
    }

    /// Returns whether the server reports its status, and will be probed again.
    pub(super) fn reports_status(&self, server: ServerId) -> bool {
        self.health.state(server) != State::Out && self.heartbeat.instance(server).is_some()
    }
}

#[cfg(test)]
mod tests;
