//! The changes of servers, and the end of the run.

use std::time::Duration;

use crate::ids::{CallId, ServerId};
use crate::plan::Plan;
use crate::plan::action::{Action, AsideReason, RunEnd, WaitCause};
use crate::plan::calls::{Assignment, CallState, InFlight};
use crate::plan::capacity::Refusal;
use crate::plan::event::ServerConfig;
use crate::plan::failures::{ServerFailure, ServerVerdict};
use crate::plan::health::{Aside, State};
use crate::plan::heartbeat::Silence;
use crate::plan::waiting::{Notice, Wait};

impl Plan {
    /// Adds a server to every part that keeps something for each server.
    pub(in crate::plan) fn add_server(&mut self, config: ServerConfig) {
        let server = self.health.add_server(config);
        self.heartbeat.add_server(config, self.now);
        self.placement.add_server(config, self.health.state(server));
        self.time_left.add_server();
        self.calls.add_server();
        self.capacity.add_server();
        self.standing.add_server();
        self.parking.arrived(self.calls.next_id());
    }

    /// Has the placement follow the health of a server.
    pub(in crate::plan) fn update_placement(&mut self, server: ServerId) {
        self.placement.set_state(server, self.health.state(server));
    }

    /// Applies what a call's outcome says about its server.
    pub(in crate::plan) fn apply_to_server(&mut self, call: &InFlight, verdict: ServerVerdict) {
        let Assignment {
            server,
            health_at_start,
        } = call.by();
        match verdict {
            ServerVerdict::Works => {
                self.host_answers(call);
                self.outage.answered();
                self.heartbeat.call_answered(server, self.now);
                if self.health.call_answered(server) {
                    self.take_back(server, call.id);
                }
                self.parking.arrived(call.id);
            }
            ServerVerdict::Unknown => {}
            ServerVerdict::Contested => {
                self.host_answers(call);
                self.standing.answered(server);
                self.heartbeat.call_answered(server, self.now);
            }
            ServerVerdict::NotFound => {
                if self.standing.not_found(server, call.task) || self.tasks.open() == 1 {
                    self.refuse(call.by());
                }
            }
            ServerVerdict::Refuses => self.refuse(call.by()),
            ServerVerdict::Useless => self.mark_out(server),
            ServerVerdict::Failed(failure)
                if failure.reason == AsideReason::Busy
                    && self.takes_calls_back(call.assignment.server) => {}
            ServerVerdict::Failed(failure) if self.lowers_capacity(call, failure) => {}
            ServerVerdict::Failed(failure) => {
                let aside = self.health.call_failed(
                    server,
                    health_at_start,
                    failure,
                    call.began.unwrap_or(call.started),
                    self.now,
                );
                if let Some(aside) = aside {
                    self.set_aside(server, aside);
                }
            }
        }
    }

    /// Gives a server fewer calls at a time that has refused one as busy, if it runs others.
    /// Returns false if it is to be set aside instead, as a worker of a queue always is.
    fn lowers_capacity(&mut self, call: &InFlight, failure: ServerFailure) -> bool {
        let server = call.assignment.server;
        let is_up = self.health.state(server) == State::Up;
        if !failure.answers || !is_up || call.worker.is_some() {
            return false;
        }
        let others = self.calls.on_server(server).iter();
        let running = others.filter(|&&other| {
            let other = self.calls.get(other);
            other.is_some_and(|other| other.state == CallState::Awaited)
        });
        let refusal = Refusal {
            server,
            call: call.id,
            running: running.count(),
            pause: failure.at_least,
            next_call: self.calls.next_id(),
        };
        let is_lowered = self.capacity.refused(refusal, self.now);
        if is_lowered {
            self.placement
                .set_limit(server, self.capacity.limit(server));
        }
        is_lowered
    }

    /// Gives a server more calls at a time, if the time for that has come.
    pub(in crate::plan) fn grow_capacity(&mut self, server: ServerId) {
        let slots = self.placement.slots_of(server);
        if self.capacity.grow(server, slots, self.now) {
            self.placement
                .set_limit(server, self.capacity.limit(server));
        }
    }

    /// Sets a server aside that takes no call of this client.
    fn refuse(&mut self, assignment: Assignment) {
        let Assignment {
            server,
            health_at_start,
        } = assignment;
        let refused = self.health.refuse(server, health_at_start, self.now);
        if let Some(aside) = refused {
            self.set_aside(server, aside);
            self.recheck = true;
        }
    }

    /// Asks every server once more, when the outage has reached its limit.
    pub(in crate::plan) fn ask_once_more(&mut self) {
        if !self.outage.ask_once_more(self.calls.regular(), self.now) {
            return;
        }
        for server in self.health.ask_all(self.now) {
            self.actions.push_back(Action::AskAgain { server });
        }
        self.fire_timers();
    }

    /// Records that the server accepts connections, which says little about
    /// whether it works.
    pub(in crate::plan) fn server_connected(&mut self, server: ServerId) {
        if self.health.connected(server) {
            self.update_placement(server);
        } else if !self.calls.on_server(server).is_empty() {
            let slow_after = self.slow_after();
            self.heartbeat.call_runs(server, slow_after, self.now);
        }
    }

    /// Applies what a server's silence says about it and its calls.
    pub(in crate::plan) fn server_silent(&mut self, server: ServerId, silence: Silence) {
        let (aside, doubts_calls) = self.health.probe_failed(server, silence, self.now);
        if let Some(aside) = aside {
            self.set_aside(server, aside);
        }
        if doubts_calls {
            self.doubt_calls(server);
        }
    }

    pub(in crate::plan) fn set_aside(&mut self, server: ServerId, aside: Aside) {
        self.update_placement(server);
        self.placement.keep_off(server, self.now);
        // Tasks do not wait for one that never came as for one that did.
        self.recheck |= self.health.never_came(server);
        let Aside { until, reason } = aside;
        let reason = match reason {
            AsideReason::Died | AsideReason::Hung if self.time_left.has_ended(server, self.now) => {
                AsideReason::Ended
            }
            reason => reason,
        };
        self.actions.push_back(Action::SetAside {
            server,
            until,
            reason,
        });
    }

    /// Uses a server again whose health says that it is up. Tasks are tried again that
    /// were parked before the call that shows it, or that it has not failed.
    pub(in crate::plan) fn take_back(&mut self, server: ServerId, shown_by: CallId) {
        self.update_placement(server);
        self.outage.answered();
        self.parking.arrived(shown_by);
        self.parking.server_came(server);
        self.actions.push_back(Action::TakeBack { server });
    }

    /// Gives a server no more calls in this run.
    pub(in crate::plan) fn mark_out(&mut self, server: ServerId) {
        if self.health.mark_out(server) {
            self.update_placement(server);
            self.actions.push_back(Action::MarkOut { server });
            self.recheck = true;
            // It is not probed any more: what it could still say does not count.
            self.settle_deaths(server, self.now, None);
        }
    }

    /// Gives a server no more calls in this run, and makes those that it has elsewhere. They say
    /// nothing of their tasks.
    pub(in crate::plan) fn drop_server(&mut self, server: ServerId) {
        if self.health.role(server).host().is_some() {
            // Its calls have a slot of its host.
            return self.remove_worker(server);
        }
        self.mark_out(server);
        self.give_up_calls(server);
    }

    /// Gives the servers no more calls that have not enough time left, and again those that have.
    pub(in crate::plan) fn update_ending(&mut self) {
        let changes = self.time_left.update(self.durations.median(), self.now);
        for (server, is_ending) in changes {
            self.placement.set_ending(server, is_ending);
            // Tasks may wait for it, or have waited for it alone.
            self.recheck = true;
            if !is_ending {
                self.parking.arrived(self.calls.next_id());
            }
            self.actions
                .push_back(Action::SetEnding { server, is_ending });
        }
    }

    /// Returns whether the server may answer a further call, now or soon. An alias is no other one.
    pub(in crate::plan) fn can_come(&self, server: ServerId) -> bool {
        let is_alias = self.health.state(server) == State::Alias;
        self.health.is_expected(server) && !is_alias && !self.time_left.is_ending(server)
    }

    /// Returns whether some server is up, and none that is has enough time left.
    pub(in crate::plan) fn lacks_time(&self) -> bool {
        self.time_left.any_ending() && self.health.any_up() && !self.placement.any_up()
    }

    /// Uses the servers that were in reserve.
    pub(in crate::plan) fn use_reserve(&mut self, servers: Vec<ServerId>) {
        for server in servers {
            self.update_placement(server);
            self.actions.push_back(Action::UseReserve { server });
        }
        self.parking.arrived(self.calls.next_id());
        self.outage.reset();
    }

    /// Returns the time up to which tasks wait for the second opinions of servers that are down;
    /// `None` if one of these is alive.
    fn second_opinions_end(&self) -> Option<Duration> {
        let groups = self.tasks.first_retries().map(|(task, _)| task);
        let isolated = self.tasks.isolated().take(1);
        // The trials of servers that are down.
        let calls = self.calls.wanted().map(|(_, call)| call.task);
        let tasks = groups.chain(isolated).chain(calls);
        let servers = tasks.flat_map(|task| self.others_that_can_come(task));
        self.last_lapse(servers)
    }

    /// Returns the time up to which calls are waited for where no more are started; `None` if
    /// there is no limit.
    fn last_calls_end(&self) -> Option<Duration> {
        let has_end = |call: &InFlight| {
            let server = call.assignment.server;
            call.state == CallState::Doubted && self.health.state(server) != State::TrialDue
        };
        let mut calls = self.calls.wanted();
        if !calls.all(|(_, call)| has_end(call)) {
            return None;
        }
        let calls = self.calls.wanted();
        self.last_lapse(calls.map(|(_, call)| call.assignment.server))
    }

    /// Returns the time at which the last one of these servers will have been down for too long,
    /// if all of them are down.
    fn last_lapse(&self, servers: impl Iterator<Item = ServerId>) -> Option<Duration> {
        let patience = self.patience();
        let mut lapses =
            servers.map(|server| self.health.down_since(server)?.checked_add(patience));
        // The first one without an end decides.
        lapses.try_fold(None, |last, at| Some(last.max(Some(at?))))?
    }

    /// Tells that tasks wait for a server, or no longer do.
    pub(in crate::plan) fn tell_waiting(&mut self) {
        let lacks_time = self.lacks_time();
        let takes_calls = self.health.any_up() && !lacks_time;
        // A suspected server is alive if it gives faults: they are of no use either.
        let cause = match (takes_calls, self.health.any_busy()) {
            _ if self.draining => WaitCause::LastCalls,
            (true, _) => WaitCause::SecondOpinion,
            (false, true) => WaitCause::Busy,
            (false, false) if lacks_time => WaitCause::TimeLeft,
            (false, false) => WaitCause::Outage,
        };
        // A trial may fail as the last one did: it ends the wait if it succeeds.
        let waits = self.tasks.open() > 0 && self.calls.regular() == 0;
        let limit = match cause {
            _ if !waits => None,
            WaitCause::SecondOpinion => self.second_opinions_end(),
            WaitCause::LastCalls => self.last_calls_end(),
            WaitCause::Busy | WaitCause::Outage | WaitCause::TimeLeft => self.outage.limit_at(),
        };
        // Trials come and go while a second opinion or the last calls are waited for.
        let is_by_outage = !matches!(cause, WaitCause::SecondOpinion | WaitCause::LastCalls);
        let wait = waits.then(|| Wait {
            cause,
            has_limit: is_by_outage && limit.is_some(),
        });
        match self.waiting.observe(wait, self.now) {
            Some(Notice::Starts(cause, since)) => {
                let wait = Action::StartWaiting {
                    cause,
                    since,
                    limit,
                };
                self.actions.push_back(wait);
            }
            Some(Notice::Stops) => self.actions.push_back(Action::StopWaiting),
            None => {}
        }
    }

    /// Ends the run, if it has not ended, and cancels the calls in flight.
    pub(in crate::plan) fn end_run(&mut self, end: RunEnd) {
        if self.ended {
            return;
        }
        self.ended = true;
        let wanted: Vec<CallId> = self.calls.wanted().map(|(call, _)| call).collect();
        for call in wanted {
            if let Some(cancelled) = self.cancel_call(call) {
                let server = cancelled.assignment.server;
                self.actions.push_back(Action::CancelCall { call, server });
            }
        }
        self.actions.push_back(Action::EndRun(end));
    }
}
