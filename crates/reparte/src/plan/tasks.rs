//! The open tasks, and the queues in which they wait.
//!
//! A task is open until it has its result or has failed. It is in one queue, or
//! in none while it needs no further call:
//!
//! | queue | event | new queue |
//! | --- | --- | --- |
//! | none | the task is sent | `New` |
//! | `New`, `Retry`, `Isolated` | a call starts | none |
//! | any | a call fails or is doubted, and no other is awaited | `Retry`, `Delayed`, `DelayedCase`, `Parked` or `Isolated` |
//! | `Delayed`, `DelayedCase` | the budget pays for the retry | `Retry` |
//! | `DelayedCase` | a good server is idle | `Retry` |
//! | `Parked` | its second chance has come | `Retry` or `DelayedCase` |
//! | all but `New` | a doubted call is awaited again | none |
//! | `Isolated` | the task is no suspect any more | `Retry` or `Delayed` |
//! | any | the task ends | closed |

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::ids::{CallId, ServerId, TaskId};
use crate::plan::avoid::Avoid;
use crate::plan::retries::Attempts;

/// The open tasks, in queues.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    open: BTreeMap<TaskId, Task>,
    /// New tasks, the costliest first, then the one sent first.
    new: BTreeSet<(Reverse<u64>, TaskId)>,
    /// Retries, by the servers that they avoid. No set is empty.
    retries: BTreeMap<Arc<Avoid>, BTreeSet<TaskId>>,
    /// The first task of each set in `retries`.
    first_retries: BTreeSet<(TaskId, Arc<Avoid>)>,
    /// Retries that are not paid for.
    delayed: BTreeSet<TaskId>,
    /// The tasks of `delayed` whose last failure was contested.
    delayed_cases: BTreeSet<TaskId>,
    /// Tasks that wait for their second chance.
    parked: BTreeSet<TaskId>,
    /// Tasks that run in isolation.
    isolated: BTreeSet<TaskId>,
    /// Number of tasks in any queue but `isolated` and `parked`.
    waiting: usize,
    /// The empty list of servers, of tasks that no call has failed for.
    nothing: Arc<Avoid>,
}

/// A task without a result.
#[derive(Debug)]
pub(super) struct Task {
    cost: u64,
    queue: Option<Queue>,
    /// Calls in flight that are not cancelled, in order of starting.
    calls: Vec<CallId>,
    /// Number of calls started, hedges included.
    calls_made: u32,
    /// Its attempts, hedges excepted.
    attempts: Attempts,
    /// The servers that have failed it.
    avoid: Arc<Avoid>,
    /// The workers that can't do it.
    unfit: Vec<ServerId>,
    /// Number of calls made as hedges.
    hedges: u32,
}

/// The queue that a task waits in. The module's table has its transitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    /// It has had no call.
    New,
    /// It waits for a slot, after a call has failed.
    Retry,
    /// It waits for the budget, after a call has failed.
    Delayed,
    /// It waits for the budget, or for an idle server that is good: its last
    /// failure was contested.
    DelayedCase,
    /// It waits until some server has given a result, or nothing else is to do.
    Parked,
    /// It waits until nothing else waits or runs.
    Isolated,
}

impl Queue {
    /// Returns whether a task waits here for a slot, or the budget.
    fn waits_for_slot(self) -> bool {
        !matches!(self, Self::Isolated | Self::Parked)
    }
}

impl Task {
    /// Returns whether the task waits for a call.
    pub(super) fn waits(&self) -> bool {
        self.queue.is_some()
    }

    /// Returns whether the task waits for its first call.
    pub(super) fn is_new(&self) -> bool {
        self.queue == Some(Queue::New)
    }

    /// Returns whether the task waits to run in isolation.
    pub(super) fn waits_isolated(&self) -> bool {
        self.queue == Some(Queue::Isolated)
    }

    /// Returns the calls in flight that are not cancelled.
    pub(super) fn calls(&self) -> &[CallId] {
        &self.calls
    }

    /// Returns the number of calls made as hedges.
    pub(super) fn hedges(&self) -> u32 {
        self.hedges
    }

    /// Returns the servers that have failed the task.
    pub(super) fn avoid(&self) -> &Arc<Avoid> {
        &self.avoid
    }

    /// Records that a worker can't do the task.
    pub(super) fn note_unfit(&mut self, worker: ServerId) {
        if !self.unfit.contains(&worker) {
            self.unfit.push(worker);
        }
    }

    /// Returns the workers that can't do the task.
    pub(super) fn unfit(&self) -> &[ServerId] {
        &self.unfit
    }

    /// Records a started call. Returns whether it is the task's first.
    pub(super) fn call_started(&mut self, call: CallId, hedge: bool) -> bool {
        let first = self.calls_made == 0;
        self.calls.push(call);
        self.calls_made += 1;
        self.hedges += u32::from(hedge);
        first
    }

    /// Records that a call has returned or is cancelled.
    pub(super) fn call_over(&mut self, call: CallId) {
        self.calls.retain(|&other| other != call);
    }

    /// Returns its attempts, hedges excepted.
    pub(super) fn attempts(&self) -> Attempts {
        self.attempts
    }

    /// Counts the attempt of a failed call, and returns all attempts.
    pub(super) fn call_failed(&mut self, attempt: Attempts) -> Attempts {
        self.attempts = self.attempts.plus(attempt);
        self.attempts
    }
}

impl Tasks {
    /// Returns the number of open tasks.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    /// Returns the number of tasks that wait for a slot or the budget.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Returns the tasks that wait for a slot or the budget, those first that have had no
    /// call.
    pub(super) fn waiting_tasks(&self) -> impl Iterator<Item = TaskId> {
        let retries = self.retries.values().flatten();
        let called = retries.chain(&self.delayed).copied();
        self.new.iter().map(|&(_, task)| task).chain(called)
    }

    /// Opens a task.
    pub(super) fn add(&mut self, task: TaskId, cost: u64) {
        let sent = Task {
            cost,
            queue: None,
            calls: Vec::new(),
            calls_made: 0,
            attempts: Attempts::default(),
            hedges: 0,
            avoid: Arc::clone(&self.nothing),
            unfit: Vec::new(),
        };
        self.open.insert(task, sent);
        self.enqueue(task, Queue::New);
    }

    pub(super) fn get(&self, task: TaskId) -> Option<&Task> {
        self.open.get(&task)
    }

    pub(super) fn get_mut(&mut self, task: TaskId) -> Option<&mut Task> {
        self.open.get_mut(&task)
    }

    /// Closes a task that has ended.
    pub(super) fn close(&mut self, task: TaskId) -> Option<Task> {
        self.dequeue(task);
        self.open.remove(&task)
    }

    /// Returns the oldest open task, if it is new.
    pub(super) fn oldest_if_new(&self) -> Option<TaskId> {
        let (&task, oldest) = self.open.first_key_value()?;
        oldest.is_new().then_some(task)
    }

    /// Returns the number of new tasks.
    pub(super) fn new_tasks(&self) -> usize {
        self.new.len()
    }

    /// Returns the new task that goes first.
    pub(super) fn first_new(&self) -> Option<TaskId> {
        self.new.first().map(|&(_, task)| task)
    }

    /// Returns the retry that goes first among those that avoid the same servers,
    /// with these servers, for each such group.
    pub(super) fn first_retries(&self) -> impl Iterator<Item = (TaskId, &Avoid)> {
        let first = self.first_retries.iter();
        first.map(|(task, avoid)| (*task, &**avoid))
    }

    /// Returns the tasks that wait for a slot and strictly avoid some server.
    pub(super) fn strict_retries(&self) -> impl Iterator<Item = TaskId> {
        let strict = self.retries.iter().filter(|(avoid, _)| avoid.is_strict());
        strict.flat_map(|(_, tasks)| tasks.iter().copied())
    }

    /// Returns the tasks that wait for the budget after a contested failure, and strictly
    /// avoid some server.
    pub(super) fn strict_delayed(&self) -> impl Iterator<Item = TaskId> {
        let is_strict = |task| self.get(task).is_some_and(|task| task.avoid.is_strict());
        let delayed = self.delayed_cases.iter().copied();
        delayed.filter(move |&task| is_strict(task))
    }

    /// Returns the delayed retry that is paid for first.
    pub(super) fn first_delayed(&self) -> Option<TaskId> {
        self.delayed.first().copied()
    }

    /// Returns the first delayed retry after a contested failure.
    pub(super) fn first_delayed_case(&self) -> Option<TaskId> {
        self.delayed_cases.first().copied()
    }

    /// Returns the tasks that wait for their second chance, in order of sending.
    pub(super) fn parked(&self) -> impl Iterator<Item = TaskId> {
        self.parked.iter().copied()
    }

    /// Has the task avoid a server that has failed it: strictly, until no other
    /// server can come, or only while others can take it.
    pub(super) fn avoid(&mut self, task: TaskId, server: ServerId, strictly: bool) {
        self.edit_avoid(task, |avoid| avoid.with(server, strictly));
    }

    /// Has the task avoid the servers that have failed it only while others can
    /// take it.
    pub(super) fn relax(&mut self, task: TaskId) {
        self.edit_avoid(task, Avoid::relaxed);
    }

    /// Has the task avoid a server no longer strictly.
    pub(super) fn relax_server(&mut self, task: TaskId, server: ServerId) {
        self.edit_avoid(task, |avoid| avoid.with_relaxed(server));
    }

    fn edit_avoid(&mut self, task: TaskId, change: impl FnOnce(&Avoid) -> Avoid) {
        let Some(edited) = self.open.get(&task) else {
            return;
        };
        let (avoid, queue) = (change(&edited.avoid), edited.queue);
        if avoid == *edited.avoid {
            return;
        }
        self.dequeue(task);
        if let Some(edited) = self.open.get_mut(&task) {
            edited.avoid = Arc::new(avoid);
        }
        if let Some(queue) = queue {
            self.enqueue(task, queue);
        }
    }

    /// Returns the tasks that wait to run in isolation, in order of sending.
    pub(super) fn isolated(&self) -> impl Iterator<Item = TaskId> {
        self.isolated.iter().copied()
    }

    /// Puts the task into a queue, out of the one that it was in.
    pub(super) fn requeue(&mut self, task: TaskId, queue: Queue) {
        self.dequeue(task);
        self.enqueue(task, queue);
    }

    /// Takes the task out of its queue: it needs no further call.
    pub(super) fn dequeue(&mut self, task: TaskId) {
        let Some(found) = self.open.get_mut(&task) else {
            return;
        };
        let Some(queue) = found.queue.take() else {
            return;
        };
        self.waiting -= usize::from(queue.waits_for_slot());
        match queue {
            Queue::New => {
                self.new.remove(&(Reverse(found.cost), task));
            }
            Queue::Retry => {
                let avoid = Arc::clone(&found.avoid);
                self.edit_retries(avoid, |tasks| tasks.remove(&task));
            }
            Queue::Delayed | Queue::DelayedCase => {
                self.delayed.remove(&task);
                self.delayed_cases.remove(&task);
            }
            Queue::Parked => {
                self.parked.remove(&task);
            }
            Queue::Isolated => {
                self.isolated.remove(&task);
            }
        }
    }

    fn enqueue(&mut self, task: TaskId, queue: Queue) {
        let Some(found) = self.open.get_mut(&task) else {
            return;
        };
        found.queue = Some(queue);
        self.waiting += usize::from(queue.waits_for_slot());
        match queue {
            Queue::New => {
                self.new.insert((Reverse(found.cost), task));
            }
            Queue::Retry => {
                let avoid = Arc::clone(&found.avoid);
                self.edit_retries(avoid, |tasks| tasks.insert(task));
            }
            Queue::Delayed => {
                self.delayed.insert(task);
            }
            Queue::DelayedCase => {
                self.delayed.insert(task);
                self.delayed_cases.insert(task);
            }
            Queue::Parked => {
                self.parked.insert(task);
            }
            Queue::Isolated => {
                self.isolated.insert(task);
            }
        }
    }

    /// Changes the retries that avoid the same servers, and keeps `first_retries` in step.
    fn edit_retries(
        &mut self,
        avoid: Arc<Avoid>,
        change: impl FnOnce(&mut BTreeSet<TaskId>) -> bool,
    ) {
        let tasks = self.retries.entry(Arc::clone(&avoid)).or_default();
        if let Some(&first) = tasks.first() {
            self.first_retries.remove(&(first, Arc::clone(&avoid)));
        }
        change(tasks);
        match tasks.first() {
            Some(&first) => {
                self.first_retries.insert((first, avoid));
            }
            None => {
                self.retries.remove(&avoid);
            }
        }
    }
}

#[cfg(test)]
mod tests;
