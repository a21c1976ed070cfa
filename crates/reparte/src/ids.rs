//! The numbers by which tasks and calls are known.

use std::fmt;

/// A task, by its place in the order of sending: the first one is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(u64);

impl TaskId {
    /// The task at this place in the order of sending, from 0.
    #[must_use]
    pub const fn new(index: u64) -> Self {
        Self(index)
    }

    /// The task's place in the order of sending, from 0.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One execution of a task on a server, numbered in the order of starting
/// within a run. No two calls of a run share a number, so an answer that comes
/// late can't be taken for another call's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(u64);

impl CallId {
    /// The call at this place in the order of starting, from 0.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The call's place in the order of starting, from 0.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A server, by its place in the list it was given in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ServerId(u32);

impl ServerId {
    pub(crate) fn new(index: usize) -> Self {
        Self(u32::try_from(index).expect("the number of servers is checked when they are taken"))
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
