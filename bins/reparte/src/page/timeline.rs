//! The timeline of a run's calls: the newest calls one by one, and the utilisation of the lanes
//! by older ones. Its size is bounded, however many calls are made.
//!
//! The states of a call:
//!
//! | state | event | next state |
//! | --- | --- | --- |
//! | unknown | the call starts | running |
//! | running | nobody waits for the call any more | lost |
//! | running | the call returns | ended, with its outcome |
//! | lost | the call returns | ended as lost |
//! | running or lost | events are missed | the same, and uncertain |
//! | running or lost, uncertain | its server has fewer calls, or needs its lane | ended as unknown |
//! | running or lost | the run ends | ended as cancelled, or as unknown if uncertain |
//!
//! Events of unknown calls change nothing: their starts were missed. A lost call keeps its lane
//! until it returns, as it keeps its slot.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use reparte::CallReason;

use crate::page::lanes::Lanes;
use crate::page::utilisation::Utilisation;

/// The most ended calls that are kept one by one.
const MAX_ENDED: usize = 20_000;
/// The most errors that are kept.
const MAX_ERRORS: usize = 50;
/// The most characters that are kept of the end of an error: what `reparte serve` sends of a
/// program's error output, and the text around it.
const MAX_ERROR_CHARS: usize = 2400;

/// The outcome of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallOutcome {
    /// The call brought the result of its task.
    Result,
    /// The call brought an error.
    Failed,
    /// Another call of the task was quicker, or the task was no longer wanted.
    Cancelled,
    /// The call took too long, or its server was restarted.
    Lost,
    /// The event of its end was missed.
    Unknown,
}

/// A call that has ended. Times are in microseconds from the start of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EndedCall {
    pub(super) task: u64,
    pub(super) lane: u32,
    pub(super) reason: CallReason,
    pub(super) outcome: CallOutcome,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// A call that runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunningCall {
    pub(super) task: u64,
    /// `None` if there are too many lanes.
    pub(super) lane: Option<u32>,
    pub(super) reason: CallReason,
    /// In microseconds from the start of the run.
    pub(super) start: u64,
    /// True once nobody waits for it any more.
    pub(super) is_lost: bool,
    server: usize,
    /// True if the event of its end may be among those that were missed.
    is_uncertain: bool,
}

/// An error of a call.
#[derive(Debug)]
pub(super) struct CallFailure {
    /// In microseconds from the start of the run.
    pub(super) at: u64,
    pub(super) task: u64,
    pub(super) server: Arc<str>,
    pub(super) text: String,
}

/// The calls of a run.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    lanes: Lanes,
    /// The running calls, by their numbers.
    running: HashMap<u64, RunningCall>,
    /// The newest ended calls in the order of their ends. Never longer than [`MAX_ENDED`].
    ended: VecDeque<EndedCall>,
    /// The number of calls that ended before those in `ended`. They are in `utilisation`.
    first: u64,
    utilisation: Utilisation,
    /// The newest errors, the oldest of them first. Never longer than [`MAX_ERRORS`].
    errors: VecDeque<CallFailure>,
    /// The number of events that were missed.
    missed: u64,
}

impl Timeline {
    /// Gives a server a lane for each slot.
    pub(super) fn set_slots(&mut self, server: &Arc<str>, slots: usize) {
        let server = self.lanes.server(server);
        self.lanes.set_slots(server, slots);
    }

    pub(super) fn start_call(
        &mut self,
        call: u64,
        task: u64,
        server: &Arc<str>,
        reason: CallReason,
        at: Duration,
    ) {
        let server = self.lanes.server(server);
        if !self.lanes.has_free(server) {
            // A call starts only in a free slot, so if there is an uncertain call in a lane
            // of this server it has ended.
            self.end_uncertain(server, 1, at);
        }
        let running = RunningCall {
            task,
            lane: self.lanes.take(server),
            reason,
            start: micros(at),
            is_lost: false,
            server,
            is_uncertain: false,
        };
        self.running.insert(call, running);
    }

    /// Marks a call as lost, and keeps the reason as an error.
    pub(super) fn lose_call(&mut self, call: u64, reason: &str, at: Duration) {
        let Some(running) = self.running.get_mut(&call) else {
            return;
        };
        running.is_lost = true;
        let (task, server) = (running.task, running.server);
        self.add_error(task, server, reason, at);
    }

    /// Ends a call that has returned. `error` is the reason if it failed.
    pub(super) fn end_call(
        &mut self,
        call: u64,
        outcome: CallOutcome,
        error: Option<&str>,
        at: Duration,
    ) {
        let Some(running) = self.running.remove(&call) else {
            return;
        };
        if let Some(text) = error {
            self.add_error(running.task, running.server, text, at);
        }
        let outcome = match running.is_lost {
            true => CallOutcome::Lost,
            false => outcome,
        };
        self.add_ended(&running, outcome, at);
    }

    /// Sets how many events were missed so far. If there are more than before, the ends of all
    /// running calls may be among them.
    pub(super) fn set_missed(&mut self, missed: u64) {
        if missed > self.missed {
            self.missed = missed;
            for running in self.running.values_mut() {
                running.is_uncertain = true;
            }
        }
    }

    /// Returns whether a running call may have ended.
    pub(super) fn has_uncertain(&self) -> bool {
        self.running.values().any(|running| running.is_uncertain)
    }

    /// Ends uncertain calls of a server, the oldest first, until it has no more than `most`
    /// running calls.
    pub(super) fn settle(&mut self, server: &str, most: usize, at: Duration) {
        let Some(server) = self.lanes.find(server) else {
            return;
        };
        let count = self.running.values().filter(|r| r.server == server);
        let surplus = count.count().saturating_sub(most);
        self.end_uncertain(server, surplus, at);
    }

    /// Ends the oldest uncertain calls of a server.
    fn end_uncertain(&mut self, server: usize, count: usize, at: Duration) {
        let uncertain = self
            .running
            .iter()
            .filter(|(_, r)| r.is_uncertain && r.server == server);
        // Calls are numbered in the order of their starts.
        let mut calls: Vec<u64> = uncertain.map(|(&call, _)| call).collect();
        calls.sort_unstable();
        for call in calls.into_iter().take(count) {
            self.end_call(call, CallOutcome::Unknown, None, at);
        }
    }

    /// Ends all running calls: the run has ended, and nobody waits for them.
    pub(super) fn end_run(&mut self, at: Duration) {
        let mut calls: Vec<u64> = self.running.keys().copied().collect();
        calls.sort_unstable();
        for call in calls {
            let outcome = match self.running[&call].is_uncertain {
                true => CallOutcome::Unknown,
                false => CallOutcome::Cancelled,
            };
            self.end_call(call, outcome, None, at);
        }
    }

    fn add_ended(&mut self, running: &RunningCall, outcome: CallOutcome, at: Duration) {
        let Some(lane) = running.lane else {
            return;
        };
        self.lanes.release(running.server, lane);
        if self.ended.len() == MAX_ENDED
            && let Some(old) = self.ended.pop_front()
        {
            self.first += 1;
            let has_failed = matches!(old.outcome, CallOutcome::Failed | CallOutcome::Lost);
            self.utilisation
                .add(old.lane as usize, old.start, old.end, has_failed);
        }
        self.ended.push_back(EndedCall {
            task: running.task,
            lane,
            reason: running.reason,
            outcome,
            start: running.start,
            end: micros(at).max(running.start),
        });
    }

    fn add_error(&mut self, task: u64, server: usize, text: &str, at: Duration) {
        if self.errors.len() == MAX_ERRORS {
            self.errors.pop_front();
        }
        self.errors.push_back(CallFailure {
            at: micros(at),
            task,
            server: Arc::clone(self.lanes.name(server)),
            text: end(text).to_owned(),
        });
    }

    /// Returns the names of the servers that were seen.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.lanes.names()
    }

    /// Returns the server of each lane, as an index of [`names`](Self::names).
    pub(super) fn lanes(&self) -> &[usize] {
        self.lanes.owners()
    }

    /// Returns the number of the first ended call that is kept, and of the next one to end.
    /// Calls are numbered in the order of their ends.
    pub(super) fn range(&self) -> (u64, u64) {
        (self.first, self.first + self.ended.len() as u64)
    }

    /// Returns the ended calls that are kept, from the one of this number on.
    pub(super) fn ended_since(&self, number: u64) -> impl Iterator<Item = &EndedCall> {
        let skip = number.saturating_sub(self.first);
        let skip = usize::try_from(skip)
            .unwrap_or(usize::MAX)
            .min(self.ended.len());
        self.ended.range(skip..)
    }

    pub(super) fn running(&self) -> impl Iterator<Item = &RunningCall> {
        self.running.values()
    }

    /// Returns the utilisation of the lanes by ended calls that are no longer kept.
    pub(super) fn utilisation(&self) -> &Utilisation {
        &self.utilisation
    }

    /// Returns the newest errors, the oldest of them first.
    pub(super) fn errors(&self) -> impl Iterator<Item = &CallFailure> {
        self.errors.iter()
    }

    /// Returns how many events were missed.
    pub(super) fn missed(&self) -> u64 {
        self.missed
    }
}

/// Returns the end of an error.
fn end(text: &str) -> &str {
    let beginning = text.char_indices().rev().nth(MAX_ERROR_CHARS - 1);
    beginning.map_or(text, |(at, _)| text.split_at(at).1)
}

/// Returns a time in microseconds, as the page counts it.
pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
