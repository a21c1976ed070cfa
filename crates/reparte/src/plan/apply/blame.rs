//! The changes that follow from contested failures: cases, strikes, trials.

use crate::error::call::ErrorKind;
use crate::ids::{CallId, ServerId, TaskId};
use crate::plan::Plan;
use crate::plan::action::TaskFailure;
use crate::plan::calls::{Assignment, CallKind, InFlight};
use crate::plan::cases::{self, Case, Facts, Judgement};
use crate::plan::failures::{self, ServerVerdict};
use crate::plan::health::State;
use crate::plan::retries::Attempts;
use crate::plan::tasks::Queue;

/// Number of gaps of a proxy that may meet the same task on a server without its doing.
const GAPS: u32 = 2;

impl Plan {
    /// Opens a case between the task of a call and its server, and decides on the
    /// task.
    pub(in crate::plan) fn contest(&mut self, ended: &InFlight, kind: ErrorKind) {
        let (task, server) = (ended.task, ended.by().server);
        let counts = kind.may_have_run() && ended.kind != CallKind::Hedge;
        let attempt = Attempts::one(counts, self.is_retried_fault(kind));
        let is_new = self.open_case(task, server, kind, attempt);
        let confirmed = self.confirmed_cases(task, server);
        let is_confirmed = !confirmed.is_empty();
        self.confirm(confirmed, ended.id);
        if is_new && !is_confirmed && self.agrees_with_proven(task) {
            let epoch = self.standing.results(server);
            self.standing.close_case(server, epoch);
        }
        match self.standing.is_suspected(server) {
            true => self.put_on_trial(ended),
            false => self.apply_to_answering(ended, kind),
        }
        let Some(failed) = self.tasks.get_mut(task) else {
            return;
        };
        failed.call_failed(attempt);
        self.tasks.avoid(task, server, true);
        self.relax_after_gaps(task);
        if self.has_awaited_call(task) {
            return self.update_hedging(task);
        }
        let is_retried = self.is_retried(kind) && self.may_be_retried(task, kind);
        let facts = Facts {
            is_retried,
            has_attempts: is_retried || self.has_attempts(task, kind),
            is_confirmed,
            stands_well: self.standing.stands_well(server, kind),
            has_answered_since: self.has_answered_since(task),
            is_last: self.is_last(server),
            is_suspected: self.standing.is_suspected(server),
            faults_everywhere: self.standing.faults_everywhere(),
            any_other: self.any_other_can_come(task),
            has_fault: self.has_final_fault(task) || cases::is_fault(kind) && !is_retried,
        };
        let judgement = self.cases.judge(task, facts);
        if judgement == Judgement::Fails && facts.has_answered_since {
            let epoch = self.standing.results(server);
            self.standing.close_case(server, epoch);
            self.release_if_cleared(server, ended.id);
        }
        if judgement == Judgement::Fails && facts.is_last && !cases::is_by_proxy(kind) {
            // Bad tasks end one after the other: that is no outage.
            self.outage.reset();
        }
        self.apply_judgement(task, server, judgement, kind.may_have_run());
    }

    /// Returns whether no other task is left to test the server with: each one that
    /// waits has a case with it, or is held back until an older one has ended.
    fn is_last(&self, server: ServerId) -> bool {
        (self.input_closed || self.is_window_full)
            && self.calls.awaited() == 0
            && self
                .tasks
                .waiting_tasks()
                .all(|task| self.cases.has(task, server) || self.is_held_back(task))
    }

    /// Applies what a contested failure says about a server that is not suspected: one
    /// that was set aside is back by a fault, and by nothing else.
    fn apply_to_answering(&mut self, ended: &InFlight, kind: ErrorKind) {
        let server = ended.by().server;
        if cases::is_fault(kind) {
            self.outage.answered();
            if self.health.call_answered(server) {
                self.take_back(server, ended.id);
            }
        } else if self.health.state(server) != State::Up {
            let failed = ServerVerdict::Failed(failures::useless_answer());
            self.apply_to_server(ended, failed);
        }
    }

    /// Opens a case, or renews it. Returns whether it is new.
    fn open_case(
        &mut self,
        task: TaskId,
        server: ServerId,
        kind: ErrorKind,
        attempts: Attempts,
    ) -> bool {
        let epoch = self.standing.results(server);
        let next_call = self.calls.next_id();
        let mut earlier = self.cases.of(task).iter();
        let earlier = earlier.find(|case| case.server == server);
        let is_after_result = |case: &Case| self.works_since(case);
        let case = Case {
            server,
            kind,
            at: self.now,
            epoch,
            next_call,
            first_next_call: next_call,
            attempts,
            failures: 1,
            after_results: earlier.is_some_and(is_after_result).into(),
        };
        let is_new = self.cases.open(task, case);
        match is_new {
            true => self.standing.case_opened(server, kind),
            false => self.standing.failed_again(server, kind),
        }
        is_new
    }

    /// Returns whether the task's last failure agrees with that of a proven server: it says nothing
    /// of its own server then. A proxy without its server proves nothing.
    fn agrees_with_proven(&self, task: TaskId) -> bool {
        let mut agreeing = self.cases.agreeing(task);
        agreeing.any(|case| {
            let is_trusted =
                self.standing.is_proven(case.server) && !self.standing.is_suspected(case.server);
            is_trusted && !cases::is_by_proxy(case.kind)
        })
    }

    /// Returns whether the server of a case has given the result of a call that began after its
    /// failure, or has been started anew since.
    pub(in crate::plan) fn works_since(&self, case: &Case) -> bool {
        self.standing.has_result_from(case.server, case.next_call)
            || self.heartbeat.has_changed_since(case.server, case.at)
    }

    /// Returns whether the server of the task's last case has given the result of a
    /// call that began since it first failed the task. A proxy must have failed it after
    /// [`GAPS`] such results, since each gap may have met it.
    pub(in crate::plan) fn has_answered_since(&self, task: TaskId) -> bool {
        let last = self.cases.of(task).last();
        last.is_some_and(|case| match cases::is_by_proxy(case.kind) {
            true => case.after_results >= GAPS,
            false => self
                .standing
                .has_result_from(case.server, case.first_next_call),
        })
    }

    /// Returns whether a server has given the task a fault that is not tried again.
    pub(in crate::plan) fn has_final_fault(&self, task: TaskId) -> bool {
        self.has_final_fault_by(task, |_| true)
    }

    /// Returns the same of one of these servers.
    pub(in crate::plan) fn has_final_fault_by(
        &self,
        task: TaskId,
        is_meant: impl Fn(ServerId) -> bool,
    ) -> bool {
        let is_final = |case: &Case| cases::is_fault(case.kind) && !self.is_retried(case.kind);
        let mut cases = self.cases.of(task).iter();
        cases.any(|case| is_meant(case.server) && is_final(case))
    }

    pub(in crate::plan) fn apply_judgement(
        &mut self,
        task: TaskId,
        server: ServerId,
        judgement: Judgement,
        may_have_run: bool,
    ) {
        match judgement {
            Judgement::Fails | Judgement::Confirmed => {
                self.fail_task(task, TaskFailure::Permanent);
            }
            Judgement::GivenUp => self.fail_task(task, TaskFailure::GivenUp),
            Judgement::Believed => {
                let epoch = self.standing.results(server);
                self.standing.believed(server, epoch);
                self.fail_task(task, TaskFailure::Permanent);
            }
            Judgement::Elsewhere | Judgement::Again => {
                if judgement == Judgement::Again {
                    self.tasks.relax(task);
                }
                let paid = may_have_run && self.good_server_for(task).is_none();
                self.retry_case(task, paid);
            }
            Judgement::Park => {
                self.tasks.relax(task);
                self.tasks.requeue(task, Queue::Parked);
            }
        }
    }

    /// Returns the cases of a task that confirm each other: that of the proven `server`,
    /// which has just failed it, and those of others in the same way.
    fn confirmed_cases(&self, task: TaskId, server: ServerId) -> Vec<Case> {
        let Some(&last) = self.cases.of(task).last() else {
            return Vec::new();
        };
        let has_failed_again =
            |case: &Case| !cases::is_by_proxy(case.kind) || case.after_results > 0;
        let is_evident = |case: &Case| {
            let by_proxy = cases::is_by_proxy(case.kind);
            !by_proxy || self.works_since(case)
        };
        if !self.standing.is_proven(server) || !has_failed_again(&last) {
            return Vec::new();
        }
        let agreeing = self.cases.agreeing(task);
        let mut confirmed: Vec<Case> = agreeing
            .filter(|case| has_failed_again(case) && is_evident(case))
            .collect();
        if confirmed.is_empty() {
            return confirmed;
        }
        confirmed.push(last);
        confirmed
    }

    /// Records that the servers of these cases were right.
    fn confirm(&mut self, confirmed: Vec<Case>, shown_by: CallId) {
        for case in confirmed {
            self.standing.confirmed(case.server, case.epoch, case.kind);
            self.release_if_cleared(case.server, shown_by);
        }
    }

    /// Puts a suspected server on trial, unless every server that is expected gives nothing
    /// but faults: then these are believed.
    fn put_on_trial(&mut self, ended: &InFlight) {
        let Assignment {
            server,
            health_at_start,
        } = ended.by();
        let by_faults = self.standing.is_suspected_by_faults(server);
        if by_faults && self.all_give_faults() {
            self.standing.believe_faults();
            return self.release_cleared(ended.id);
        }
        let aside = self
            .health
            .put_on_suspicion(server, health_at_start, by_faults, self.now);
        if let Some(aside) = aside {
            self.set_aside(server, aside);
            self.recheck = true;
        }
    }

    /// Returns whether every server that is expected gives nothing but faults. A
    /// lone one is believed sooner: there is no other to ask.
    fn all_give_faults(&self) -> bool {
        let any_can_come = self.health.servers().any(|server| self.can_come(server));
        let expected = || {
            let servers = self.health.servers();
            servers.filter(|&server| match any_can_come {
                true => self.can_come(server),
                false => self.health.is_expected(server),
            })
        };
        let is_lone = expected().nth(1).is_none();
        expected().all(|server| self.standing.gives_only_faults(server, is_lone))
    }

    fn release_cleared(&mut self, shown_by: CallId) {
        let servers: Vec<ServerId> = self.health.servers().collect();
        for server in servers {
            self.release_if_cleared(server, shown_by);
        }
    }

    fn release_if_cleared(&mut self, server: ServerId, shown_by: CallId) {
        if self.health.is_on_suspicion(server)
            && !self.standing.is_suspected(server)
            && self.health.release(server)
        {
            self.take_back(server, shown_by);
        }
    }

    /// Records that a server has given the result of a task: a strike against
    /// those that have failed it, except by a proxy whose server was away.
    pub(in crate::plan) fn record_result(&mut self, ended: &InFlight) {
        let (task, server) = (ended.task, ended.by().server);
        let was_proven = self.standing.is_proven(server);
        let changed = self.standing.result(server, ended.id);
        self.recheck |= !was_proven && self.standing.is_proven(server);
        if changed {
            self.reconsider_suspicions(ended.id);
        }
        if !self.cases.any() {
            return;
        }
        for case in self.cases.close(task) {
            // A gap that has passed says nothing of the server behind the proxy.
            if case.server != server && !cases::is_by_proxy(case.kind) {
                self.standing.strike(case.server);
                self.suspect_idle_server(case.server);
            }
        }
    }

    /// Has the health of every server follow its standing.
    fn reconsider_suspicions(&mut self, shown_by: CallId) {
        let servers: Vec<ServerId> = self.health.servers().collect();
        for server in servers {
            self.release_if_cleared(server, shown_by);
            self.suspect_idle_server(server);
        }
    }

    fn suspect_idle_server(&mut self, server: ServerId) {
        if !self.standing.is_suspected(server) || self.health.is_on_suspicion(server) {
            return;
        }
        if let Some(aside) = self.health.put_idle_on_suspicion(server, self.now) {
            self.set_aside(server, aside);
            self.recheck = true;
        }
    }

    /// Has a retry that waits for the budget start without, on an idle server that
    /// is good. Returns whether there was one.
    pub(in crate::plan) fn free_delayed_case(&mut self) -> bool {
        let task = self.tasks.first_delayed_case();
        let free =
            task.filter(|&task| self.placement.any_idle() && self.good_server_for(task).is_some());
        if let Some(task) = free {
            self.tasks.requeue(task, Queue::Retry);
        }
        free.is_some()
    }
}
