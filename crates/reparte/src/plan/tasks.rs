//! The open tasks, and the queues in which they wait.
//!
//! A task is open until it has its result or has failed. It is in one queue, or
//! in none while it needs no further call:
//!
//! | queue | event | new queue |
//! | --- | --- | --- |
//! | none | the task is sent | `New` |
//! | `New`, `Retry`, `Isolated` | a call starts | none |
//! | any | a call fails or is doubted, and no other is awaited | `Retry`, `Delayed` or `Isolated` |
//! | `Delayed` | the budget pays for the retry | `Retry` |
//! | `Retry`, `Delayed`, `Isolated` | a doubted call is awaited again | none |
//! | `Isolated` | the task is no suspect any more | `Retry` or `Delayed` |
//! | any | the task ends | closed |

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{CallId, ServerId, TaskId};

/// The open tasks, in queues.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    open: BTreeMap<TaskId, Task>,
    /// New tasks, the costliest first, then the one sent first.
    new: BTreeSet<(Reverse<u64>, TaskId)>,
    /// Retries, by the server of the call that failed last. No set is empty.
    retries: BTreeMap<ServerId, BTreeSet<TaskId>>,
    /// The first task of each set in `retries`.
    first_retries: BTreeSet<(TaskId, ServerId)>,
    /// Retries that are not paid for, with the server of the call that failed
    /// last.
    delayed: BTreeMap<TaskId, ServerId>,
    /// Tasks that run in isolation.
    isolated: BTreeSet<TaskId>,
    /// Number of tasks in any queue but `isolated`.
    waiting: usize,
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
    /// Number of calls that may have run and brought no result.
    attempts: u32,
    /// Number of calls made as hedges.
    hedges: u32,
}

/// The queue that a task waits in. The module's table has its transitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    /// It has had no call.
    New,
    /// It waits for a slot, after a call on this server has failed.
    Retry(ServerId),
    /// It waits for the budget, after a call on this server has failed.
    Delayed(ServerId),
    /// It waits until nothing else waits or runs.
    Isolated,
}

impl Task {
    /// Returns whether the task waits for a call.
    pub(super) fn waits(&self) -> bool {
        self.queue.is_some()
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

    /// Counts a failed call, as an attempt if it may have run. Returns the
    /// number of attempts.
    pub(super) fn call_failed(&mut self, may_have_run: bool) -> u32 {
        self.attempts += u32::from(may_have_run);
        self.attempts
    }
}

impl Tasks {
    /// Returns the number of open tasks.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    /// Returns the number of tasks that wait, except to run in isolation.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Opens a task.
    pub(super) fn add(&mut self, task: TaskId, cost: u64) {
        let sent = Task {
            cost,
            queue: None,
            calls: Vec::new(),
            calls_made: 0,
            attempts: 0,
            hedges: 0,
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

    /// Returns the new task that goes first.
    pub(super) fn first_new(&self) -> Option<TaskId> {
        self.new.first().map(|&(_, task)| task)
    }

    /// Returns the two retries that go first among those whose last calls
    /// failed on different servers, with that server. A server that may not
    /// take the one may take the other, so a third is never needed.
    pub(super) fn first_retries(&self) -> [Option<(TaskId, ServerId)>; 2] {
        let mut first = self.first_retries.iter().copied();
        [first.next(), first.next()]
    }

    /// Returns the delayed retry that is paid for first.
    pub(super) fn first_delayed(&self) -> Option<(TaskId, ServerId)> {
        let first = self.delayed.first_key_value();
        first.map(|(&task, &server)| (task, server))
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
        self.waiting -= usize::from(queue != Queue::Isolated);
        match queue {
            Queue::New => {
                self.new.remove(&(Reverse(found.cost), task));
            }
            Queue::Retry(server) => self.edit_retries(server, |tasks| tasks.remove(&task)),
            Queue::Delayed(_) => {
                self.delayed.remove(&task);
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
        self.waiting += usize::from(queue != Queue::Isolated);
        match queue {
            Queue::New => {
                self.new.insert((Reverse(found.cost), task));
            }
            Queue::Retry(server) => self.edit_retries(server, |tasks| tasks.insert(task)),
            Queue::Delayed(server) => {
                self.delayed.insert(task, server);
            }
            Queue::Isolated => {
                self.isolated.insert(task);
            }
        }
    }

    /// Changes the retries of one server, and keeps `first_retries` in step.
    fn edit_retries(
        &mut self,
        server: ServerId,
        change: impl FnOnce(&mut BTreeSet<TaskId>) -> bool,
    ) {
        let tasks = self.retries.entry(server).or_default();
        if let Some(&first) = tasks.first() {
            self.first_retries.remove(&(first, server));
        }
        change(tasks);
        match tasks.first() {
            Some(&first) => {
                self.first_retries.insert((first, server));
            }
            None => {
                self.retries.remove(&server);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(costs: &[u64]) -> Tasks {
        let mut tasks = Tasks::default();
        for (index, &cost) in costs.iter().enumerate() {
            tasks.add(TaskId::new(index as u64), cost);
        }
        tasks
    }

    fn id(index: u64) -> TaskId {
        TaskId::new(index)
    }

    #[test]
    fn the_costliest_new_task_goes_first_then_the_one_sent_first() {
        let mut tasks = tasks(&[1, 5, 5, 2]);
        let mut order = Vec::new();
        while let Some(task) = tasks.first_new() {
            order.push(task.index());
            tasks.dequeue(task);
        }
        assert_eq!(order, [1, 2, 3, 0]);
        assert_eq!((tasks.open(), tasks.waiting()), (4, 0));
    }

    #[test]
    fn a_task_is_in_one_queue() {
        let server = ServerId::new(3);
        let mut tasks = tasks(&[0]);
        let task = id(0);
        let mut found = |queue| {
            tasks.requeue(task, queue);
            [
                tasks.first_new().is_some(),
                tasks.first_retries() == [Some((task, server)), None],
                tasks.first_delayed() == Some((task, server)),
                tasks.isolated().eq([task]),
                tasks.waiting() == 1,
            ]
        };
        assert_eq!(
            found(Queue::Retry(server)),
            [false, true, false, false, true]
        );
        assert_eq!(
            found(Queue::Delayed(server)),
            [false, false, true, false, true]
        );
        assert_eq!(found(Queue::Isolated), [false, false, false, true, false]);
        assert_eq!(found(Queue::New), [true, false, false, false, true]);
        let closed = tasks.close(task).unwrap();
        assert!(closed.calls().is_empty());
        assert_eq!((tasks.open(), tasks.waiting()), (0, 0));
        assert_eq!(tasks.first_new(), None);
    }

    #[test]
    fn the_first_retries_are_of_two_servers() {
        let [one, two] = [1, 2].map(ServerId::new);
        let mut tasks = tasks(&[0; 4]);
        for (task, server) in [(3, one), (1, one), (2, two), (0, one)] {
            tasks.requeue(id(task), Queue::Retry(server));
        }
        assert_eq!(
            tasks.first_retries(),
            [Some((id(0), one)), Some((id(2), two))]
        );
        tasks.dequeue(id(0));
        assert_eq!(
            tasks.first_retries(),
            [Some((id(1), one)), Some((id(2), two))]
        );
        tasks.dequeue(id(2));
        assert_eq!(tasks.first_retries(), [Some((id(1), one)), None]);
    }

    #[test]
    fn a_task_counts_its_calls() {
        let mut tasks = tasks(&[0]);
        let task = tasks.get_mut(id(0)).unwrap();
        assert!(task.waits() && !task.waits_isolated());
        let calls = [7, 8].map(CallId::new);
        assert!(task.call_started(calls[0], false));
        assert!(!task.call_started(calls[1], true));
        assert_eq!((task.calls(), task.hedges()), (&calls[..], 1));
        task.call_over(calls[0]);
        assert_eq!(task.calls(), &calls[1..]);
        assert_eq!(task.call_failed(false), 0);
        assert_eq!(task.call_failed(true), 1);
        assert_eq!(task.call_failed(true), 2);
    }
}
