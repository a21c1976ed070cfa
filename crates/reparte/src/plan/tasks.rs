//! The tasks that have no answer yet, and the order in which they wait.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::ids::ServerId;
use crate::{CallId, TaskId};

/// Tasks without an answer: new ones wait in order of cost, then of sending;
/// retries wait by the server that failed them last.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    open: BTreeMap<TaskId, Task>,
    fresh: BTreeSet<(Reverse<u64>, TaskId)>,
    retries: BTreeMap<ServerId, BTreeSet<TaskId>>,
    /// The first task of each set in `retries`.
    heads: BTreeSet<(TaskId, ServerId)>,
    /// Retries that the budget does not pay for yet, and who failed them.
    delayed: BTreeMap<TaskId, ServerId>,
    /// Those that are to run alone.
    apart: BTreeSet<TaskId>,
    waiting: usize,
}

/// What has been done for a task.
#[derive(Debug)]
pub(crate) struct Task {
    cost: u64,
    queue: Option<Queue>,
    /// Its calls in flight whose answers are wanted.
    pub(crate) live: Vec<CallId>,
    /// Calls made.
    pub(crate) calls: u32,
    /// Calls that may have run and brought nothing.
    pub(crate) counted: u32,
    /// Calls made as hedges.
    pub(crate) hedges: u32,
    /// The servers that died with it aboard.
    pub(crate) deaths: Vec<ServerId>,
    /// How many of these may prove to live.
    pub(crate) unsure: usize,
    /// It has run alone.
    pub(crate) ran_apart: bool,
}

/// Where a task waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Queue {
    Fresh,
    /// After this server failed it.
    Retry(ServerId),
    /// The same, until the budget pays for it.
    Delayed(ServerId),
    /// Until nothing else waits or runs.
    Apart,
}

impl Task {
    /// Whether it waits for a call.
    pub(crate) fn waits(&self) -> bool {
        self.queue.is_some()
    }

    /// Whether it waits to run alone.
    pub(crate) fn waits_apart(&self) -> bool {
        self.queue == Some(Queue::Apart)
    }
}

impl Tasks {
    /// How many tasks have no answer yet.
    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    /// How many of them wait, but for those that are to run alone.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(crate) fn send(&mut self, task: TaskId, cost: u64) {
        let sent = Task {
            cost,
            queue: None,
            live: Vec::new(),
            calls: 0,
            counted: 0,
            hedges: 0,
            deaths: Vec::new(),
            unsure: 0,
            ran_apart: false,
        };
        self.open.insert(task, sent);
        self.enqueue(task, Queue::Fresh);
    }

    pub(crate) fn get(&self, task: TaskId) -> Option<&Task> {
        self.open.get(&task)
    }

    pub(crate) fn get_mut(&mut self, task: TaskId) -> Option<&mut Task> {
        self.open.get_mut(&task)
    }

    /// The task has its answer, and waits no more.
    pub(crate) fn close(&mut self, task: TaskId) -> Option<Task> {
        self.dequeue(task);
        self.open.remove(&task)
    }

    /// The task waits again, after `failed_by` failed it.
    pub(crate) fn retry(&mut self, task: TaskId, failed_by: ServerId) {
        self.dequeue(task);
        self.enqueue(task, Queue::Retry(failed_by));
    }

    /// The same, until the budget pays for it.
    pub(crate) fn delay(&mut self, task: TaskId, failed_by: ServerId) {
        self.dequeue(task);
        self.enqueue(task, Queue::Delayed(failed_by));
    }

    /// The first of those that the budget has to pay for.
    pub(crate) fn first_delayed(&self) -> Option<(TaskId, ServerId)> {
        let first = self.delayed.first_key_value();
        first.map(|(&task, &server)| (task, server))
    }

    /// The task waits until it can run alone.
    pub(crate) fn set_apart(&mut self, task: TaskId) {
        self.dequeue(task);
        self.enqueue(task, Queue::Apart);
    }

    /// Those that wait until they can run alone.
    pub(crate) fn apart(&self) -> impl Iterator<Item = (TaskId, &Task)> {
        let apart = self.apart.iter();
        apart.filter_map(|&task| Some((task, self.open.get(&task)?)))
    }

    /// The first task to retry of each of the two sets that come first. Any
    /// one server is good for one of the two, so there is no need for more.
    pub(crate) fn first_retries(&self) -> [Option<(TaskId, ServerId)>; 2] {
        let mut heads = self.heads.iter().copied();
        [heads.next(), heads.next()]
    }

    /// The new task to go first.
    pub(crate) fn first_fresh(&self) -> Option<TaskId> {
        self.fresh.first().map(|&(_, task)| task)
    }

    fn enqueue(&mut self, task: TaskId, queue: Queue) {
        let Some(found) = self.open.get_mut(&task) else {
            return;
        };
        found.queue = Some(queue);
        self.waiting += usize::from(queue != Queue::Apart);
        match queue {
            Queue::Fresh => {
                self.fresh.insert((Reverse(found.cost), task));
            }
            Queue::Retry(server) => self.edit(server, |tasks| tasks.insert(task)),
            Queue::Delayed(server) => {
                self.delayed.insert(task, server);
            }
            Queue::Apart => {
                self.apart.insert(task);
            }
        }
    }

    /// The task waits no more: it is placed, or needs no call.
    pub(crate) fn dequeue(&mut self, task: TaskId) {
        let Some(found) = self.open.get_mut(&task) else {
            return;
        };
        let Some(queue) = found.queue.take() else {
            return;
        };
        self.waiting -= usize::from(queue != Queue::Apart);
        match queue {
            Queue::Fresh => {
                self.fresh.remove(&(Reverse(found.cost), task));
            }
            Queue::Retry(server) => self.edit(server, |tasks| tasks.remove(&task)),
            Queue::Delayed(_) => {
                self.delayed.remove(&task);
            }
            Queue::Apart => {
                self.apart.remove(&task);
            }
        }
    }

    /// Changes the set of one server, and its head with it.
    fn edit(&mut self, server: ServerId, change: impl FnOnce(&mut BTreeSet<TaskId>) -> bool) {
        let tasks = self.retries.entry(server).or_default();
        if let Some(&head) = tasks.first() {
            self.heads.remove(&(head, server));
        }
        change(tasks);
        match tasks.first() {
            Some(&head) => {
                self.heads.insert((head, server));
            }
            None => {
                self.retries.remove(&server);
            }
        }
    }
}
