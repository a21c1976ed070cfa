//! The tasks that have no answer yet, and the order in which they wait.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::TaskId;
use crate::ids::ServerId;

/// Tasks without an answer: new ones wait in order of sending; retries wait
/// by the server that failed them last.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    open: BTreeMap<TaskId, Tries>,
    fresh: VecDeque<TaskId>,
    retries: BTreeMap<ServerId, BTreeSet<TaskId>>,
    /// The first task of each set in `retries`.
    heads: BTreeSet<(TaskId, ServerId)>,
    waiting: usize,
}

/// What has been done for a task.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    /// Calls made.
    pub(crate) calls: u32,
    /// Calls that may have run and brought nothing.
    pub(crate) counted: u32,
}

impl Tasks {
    /// How many tasks have no answer yet.
    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    /// How many of them wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(crate) fn send(&mut self, task: TaskId) {
        self.open.insert(task, Tries::default());
        self.fresh.push_back(task);
        self.waiting += 1;
    }

    pub(crate) fn tries(&mut self, task: TaskId) -> Option<&mut Tries> {
        self.open.get_mut(&task)
    }

    /// The task has its answer.
    pub(crate) fn close(&mut self, task: TaskId) {
        self.open.remove(&task);
    }

    /// The task waits again, after `failed_by` failed it.
    pub(crate) fn retry(&mut self, task: TaskId, failed_by: ServerId) {
        self.edit(failed_by, |tasks| {
            tasks.insert(task);
        });
        self.waiting += 1;
    }

    /// The first task to retry of each of the two sets that come first. Any
    /// one server is good for one of the two, so there is no need for more.
    pub(crate) fn first_retries(&self) -> [Option<(TaskId, ServerId)>; 2] {
        let mut heads = self.heads.iter().copied();
        [heads.next(), heads.next()]
    }

    /// The new task that was sent first.
    pub(crate) fn first_fresh(&self) -> Option<TaskId> {
        self.fresh.front().copied()
    }

    /// Takes what [`first_retries`](Self::first_retries) gave.
    pub(crate) fn take_retry(&mut self, task: TaskId, failed_by: ServerId) {
        self.edit(failed_by, |tasks| {
            tasks.remove(&task);
        });
        self.waiting -= 1;
    }

    /// Takes what [`first_fresh`](Self::first_fresh) gave.
    pub(crate) fn take_fresh(&mut self) {
        self.fresh.pop_front();
        self.waiting -= 1;
    }

    /// Changes the set of one server, and its head with it.
    fn edit(&mut self, server: ServerId, change: impl FnOnce(&mut BTreeSet<TaskId>)) {
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
