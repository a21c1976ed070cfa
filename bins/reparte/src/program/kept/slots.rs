//! The number of processes of a kept program, and those that are idle.

use std::time::{Duration, Instant};

use crate::program::kept::backoff::{Backoff, EarlyEnd, NextStart};
use crate::program::kept::kept_process::KeptProcess;

/// The processes that exist. Some are in use.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// The last one was used last.
    idle: Vec<KeptProcess>,
    /// The number of processes, idle ones included.
    count: usize,
    /// The number of processes that were used up and end by themselves.
    retiring: usize,
    /// The most processes.
    limit: usize,
    is_closed: bool,
    backoff: Backoff,
}

/// The next step of a call that needs a process.
#[derive(Debug)]
pub(super) enum Next {
    /// Takes this process, after a check.
    Idle(Box<KeptProcess>),
    /// Starts a process, which is counted.
    Start,
    /// Waits until something has changed, and for this long at most.
    Wait(Duration),
    /// The machine can't run the program, for this reason.
    Unfit(String),
    /// The program can't be kept, for this reason.
    Misuse(String),
    /// No more calls are made.
    Closed,
}

impl Slots {
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Decides what a call does that needs a process.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        if self.is_closed {
            return Next::Closed;
        }
        if let Some(process) = self.idle.pop() {
            return Next::Idle(Box::new(process));
        }
        if self.count >= self.limit {
            return Next::Wait(Duration::MAX);
        }
        match self.backoff.next_start(now) {
            NextStart::Now => {
                self.add();
                Next::Start
            }
            NextStart::After(pause) => Next::Wait(pause),
            NextStart::Unfit(reason) => Next::Unfit(reason),
            NextStart::Misuse(reason) => Next::Misuse(reason),
        }
    }

    /// Counts a process that is about to start.
    pub(super) fn add(&mut self) {
        self.count += 1;
    }

    /// Counts a process less, which has ended.
    pub(super) fn remove(&mut self, is_retiring: bool) {
        self.count = self.count.saturating_sub(1);
        if is_retiring {
            self.retiring = self.retiring.saturating_sub(1);
        }
    }

    /// Takes a process back. Returns it if it has to end, as one that has answered `most` tasks,
    /// and counts it among those that retire.
    pub(super) fn give_back(
        &mut self,
        process: KeptProcess,
        most: Option<u64>,
    ) -> Option<KeptProcess> {
        if process.answers > 0 {
            self.backoff.answered();
        }
        let is_used_up = most.is_some_and(|most| process.answers >= most);
        if is_used_up || self.is_closed {
            self.retiring += 1;
            return Some(process);
        }
        self.idle.push(process);
        None
    }

    /// Notes the end of a process that had answered nothing. Returns whether it is the first of
    /// its streak.
    pub(super) fn note_end(&mut self, end: EarlyEnd, reason: &str, now: Instant) -> bool {
        self.backoff.ended(end, reason, now)
    }

    /// Lets no more calls have a process, and returns those that are idle.
    pub(super) fn close(&mut self) -> Vec<KeptProcess> {
        self.is_closed = true;
        std::mem::take(&mut self.idle)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(super) fn has_retiring(&self) -> bool {
        self.retiring > 0
    }
}
