//! The cases: contested failures of open tasks, and what they say of the task.
//!
//! Evidence about a task comes from different servers. A contested failure opens
//! a case between the task and the server. The first row that applies decides:
//!
//! | condition | the task | the server |
//! | --- | --- | --- |
//! | the task has another awaited call | waits for that | the case is open |
//! | it may be tried again by the options, and has attempts left; no server has given it a final fault, or another can come | is tried again, elsewhere if possible | the case is open, or confirmed |
//! | another server has failed it in the same way, and this one is proven | fails | both were right: confirmed |
//! | it has no attempts left | fails by a fault, or if it would by a row below; else is given up | the case is open |
//! | a fault, and every server gives nothing else | fails | the case is open |
//! | a fault, and the server stands well | fails | believed, unchecked |
//! | some server that has not had it can come | is tried there, a proven one first | the case is open |
//! | a fault, from this server or an earlier one | fails | the case is open |
//! | any other failure, the first time, or the first on this server | is parked, and gets a [second chance](super::parking) | the case is open |
//! | any other failure, and the server is suspected, or it is a 502 or 504, without the result of a call that began after the first failure there (502 and 504: without two in between) | keeps its second chance, unless it has failed [`LAST_FAILURES`] times, not by a 502 or 504, and only such tasks are left | the case is open |
//! | any other failure | fails | the case is closed if it has given a result since |
//!
//! A time limit that passed while the server was at work counts as a fault here. All
//! servers may be behind one proxy, and its gaps say nothing of a task. A 502 or 504 fails
//! one only by its third on a server, with results of later calls in between, or new
//! instances of the server; and it agrees with another failure only if both came twice so, and
//! the other server has given such a result since, or was started anew. Such failures and others
//! do not add up.
//! The result of a task is a strike against every server with an open case, except of
//! a 502 or 504.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::{CallId, ServerId, TaskId};
use crate::plan::retries::Attempts;

/// Number of failures, of which the last is at a suspected server, after which a task
/// fails if no other task is left to test that server with.
const LAST_FAILURES: u32 = 3;

/// The cases of every open task that has any.
#[derive(Debug, Default)]
pub(super) struct Cases {
    tasks: BTreeMap<TaskId, TaskCases>,
}

#[derive(Debug, Default)]
struct TaskCases {
    cases: Vec<Case>,
    /// It has had its second chance.
    second_chance: bool,
}

/// One failure of a task on a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) server: ServerId,
    pub(super) kind: ErrorKind,
    /// Time of the failure.
    pub(super) at: Duration,
    /// The server's number of results when the case opened.
    pub(super) epoch: u64,
    /// The number of the next call when it opened. Calls before that one say
    /// nothing new about the server.
    pub(super) next_call: CallId,
    /// The number of the next call when the server first failed the task in this way: by a
    /// proxy without its server, or by itself.
    pub(super) first_next_call: CallId,
    /// Number of attempts of the task that have failed there.
    pub(super) attempts: Attempts,
    /// Number of its calls that have failed there in this way.
    pub(super) failures: u32,
    /// Number of these before which the server had given the result of a call that began
    /// after the one before, or was started anew: so many gaps have ended since the first.
    pub(super) after_results: u32,
}

/// The facts about a contested failure, besides the earlier cases of its task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// The options have such a failure tried again.
    pub(super) is_retried: bool,
    /// The task has attempts of this kind left.
    pub(super) has_attempts: bool,
    /// Another server has failed the task in the same way, and this one is proven.
    pub(super) is_confirmed: bool,
    /// The server stands well.
    pub(super) stands_well: bool,
    /// The server has given the result of a call that began since it first failed
    /// the task; for a proxy, such results between three of its failures.
    pub(super) has_answered_since: bool,
    /// No other task is left to test the server with: each has a case with it.
    pub(super) is_last: bool,
    /// The server is suspected.
    pub(super) is_suspected: bool,
    /// Every server gives nothing but faults.
    pub(super) faults_everywhere: bool,
    /// Some server that has not had the task can come.
    pub(super) any_other: bool,
    /// Some server has given the task a fault that the options don't have tried
    /// again.
    pub(super) has_fault: bool,
}

/// The decision on a task after a contested failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It fails.
    Fails,
    /// It is given up: it has no attempts left, and nobody knows whose fault it is.
    GivenUp,
    /// It fails, and the servers were right.
    Confirmed,
    /// It fails, though no other server was asked.
    Believed,
    /// It is tried on a server that has not had it.
    Elsewhere,
    /// It is tried on any server, others first.
    Again,
    /// It waits for its second chance.
    Park,
}

/// Returns whether the failure is the function's own word: a fault, or a time
/// limit that passed while it ran.
pub(super) fn is_fault(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Fault { .. } | ErrorKind::Overran)
}

/// Returns whether the failure is that of a proxy whose server is away. Several servers
/// may be behind one.
pub(super) fn is_by_proxy(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Http { status: 502 | 504 })
}

impl Cases {
    /// Returns the task's cases.
    pub(super) fn of(&self, task: TaskId) -> &[Case] {
        self.tasks.get(&task).map_or(&[], |task| &task.cases)
    }

    /// Returns whether any task has a case.
    pub(super) fn any(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Returns whether the server has a case with the task.
    pub(super) fn has(&self, task: TaskId, server: ServerId) -> bool {
        self.of(task).iter().any(|case| case.server == server)
    }

    /// Opens a case, in place of an earlier one with the same server. Returns
    /// whether there was none.
    pub(super) fn open(&mut self, task: TaskId, mut case: Case) -> bool {
        let cases = &mut self.tasks.entry(task).or_default().cases;
        let known = cases.iter().position(|known| known.server == case.server);
        if let Some(at) = known {
            let earlier = cases.remove(at);
            case.attempts = case.attempts.plus(earlier.attempts);
            // A gap of a proxy says nothing of what the server itself does, nor the reverse.
            if is_by_proxy(case.kind) == is_by_proxy(earlier.kind) {
                case.failures += earlier.failures;
                case.after_results += earlier.after_results;
                case.first_next_call = earlier.first_next_call;
            } else {
                case.after_results = 0;
            }
        }
        cases.push(case);
        known.is_none()
    }

    /// Returns the cases of other servers that agree with the task's last one.
    pub(super) fn agreeing(&self, task: TaskId) -> impl Iterator<Item = Case> {
        let (last, earlier) = self.of(task).split_last().unzip();
        let earlier = earlier.unwrap_or_default().iter();
        let agrees = move |case: &&Case| last.is_some_and(|last| last.kind.agrees_with(case.kind));
        earlier.filter(agrees).copied()
    }

    /// Decides on a task whose last case has just been opened. Takes note of its
    /// second chance.
    pub(super) fn judge(&mut self, task: TaskId, facts: Facts) -> Judgement {
        let Some(kind) = self.of(task).last().map(|case| case.kind) else {
            return Judgement::Again;
        };
        let is_fault = is_fault(kind);
        // Nobody is asked again who has given a final fault.
        let may_retry = facts.any_other || !facts.has_fault;
        if facts.is_retried && facts.has_attempts && may_retry {
            return match facts.any_other {
                true => Judgement::Elsewhere,
                false => Judgement::Again,
            };
        }
        if facts.is_confirmed {
            return Judgement::Confirmed;
        }
        let may_be_useless = facts.is_suspected || is_by_proxy(kind);
        let is_useless = may_be_useless && !facts.has_answered_since && !self.is_over(task, facts);
        if !facts.has_attempts {
            let fails = is_fault
                || !facts.any_other
                    && self.judge_alone(task, facts.has_fault, is_useless) == Judgement::Fails;
            return match fails {
                true => Judgement::Fails,
                false => Judgement::GivenUp,
            };
        }
        if is_fault && facts.faults_everywhere {
            return Judgement::Fails;
        }
        if is_fault && facts.stands_well {
            return Judgement::Believed;
        }
        if facts.any_other {
            return Judgement::Elsewhere;
        }
        self.judge_alone(task, facts.has_fault, is_useless)
    }

    /// Decides on a task that no other server can try. `is_useless`: the server is
    /// suspected, or a proxy without its server, and has given no result since it first
    /// failed the task.
    pub(super) fn judge_alone(
        &mut self,
        task: TaskId,
        has_fault: bool,
        is_useless: bool,
    ) -> Judgement {
        let Some(cases) = self.tasks.get_mut(&task) else {
            return Judgement::Again;
        };
        // The first failure on another server is no failed second chance.
        let has_failed_again = cases.cases.last().is_some_and(|case| case.failures > 1);
        if has_fault || (cases.second_chance && has_failed_again && !is_useless) {
            return Judgement::Fails;
        }
        cases.second_chance = true;
        Judgement::Park
    }

    /// Returns whether a task that is left with others of its kind alone has failed often
    /// enough, wherever that was. The answers of a proxy without its server do not count: it
    /// fails every task.
    fn is_over(&self, task: TaskId, facts: Facts) -> bool {
        let own = self.of(task).iter().filter(|case| !is_by_proxy(case.kind));
        let failures: u32 = own.map(|case| case.failures).sum();
        facts.is_last && failures >= LAST_FAILURES
    }

    /// Drops the cases of a task that has ended, and returns them.
    pub(super) fn close(&mut self, task: TaskId) -> Vec<Case> {
        let closed = self.tasks.remove(&task);
        closed.map_or_else(Vec::new, |task| task.cases)
    }
}

#[cfg(test)]
mod tests;
