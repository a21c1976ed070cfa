//! What the page tells of the calls of a run: a lane for each slot, with the newest calls
//! one by one, and the share of time that older ones took.
//!
//! Its size is bounded, however many calls are made.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::utilisation::Utilisation;

/// So many calls that have ended are kept one by one.
const CALLS: usize = 20_000;
/// So many slots have a lane; calls of further ones are counted only.
const LANES: usize = 2_000;
/// So many errors are kept.
const ERRORS: usize = 50;
/// So many characters of each.
const ERROR_LENGTH: usize = 400;

/// Why a call was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallReason {
    First,
    Retry,
    Hedge,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallOutcome {
    /// It brought its task's result.
    Result,
    Failed,
    /// Another one was quicker, or nobody wanted its task any more.
    Cancelled,
    /// It took too long, or its server was started anew.
    Lost,
    /// Nobody was told.
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

/// A call that has not.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunningCall {
    pub(super) task: u64,
    /// None where there are more than have room.
    pub(super) lane: Option<u32>,
    pub(super) reason: CallReason,
    pub(super) start: u64,
    pub(super) lost: bool,
    server: usize,
    /// Its end may have been missed.
    doubtful: bool,
}

/// An error of a call.
#[derive(Debug)]
pub(super) struct RecordedError {
    pub(super) at: u64,
    pub(super) task: u64,
    pub(super) server: Arc<str>,
    pub(super) text: String,
}

#[derive(Debug)]
struct Server {
    name: Arc<str>,
    lanes: Vec<u32>,
    free: BTreeSet<u32>,
}

/// The record.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    servers: Vec<Server>,
    by_name: HashMap<Arc<str>, usize>,
    /// Each lane's server.
    lanes: Vec<usize>,
    running: HashMap<u64, RunningCall>,
    ended: VecDeque<EndedCall>,
    /// How many have ended before those.
    first: u64,
    utilisation: Utilisation,
    errors: VecDeque<RecordedError>,
    missed: u64,
}

impl Timeline {
    /// A server has so many slots: each has a lane from now on.
    pub(super) fn note_server(&mut self, name: &Arc<str>, slots: usize) {
        let server = self.server(name);
        while self.servers[server].lanes.len() < slots && self.add_lane(server) {}
    }

    pub(super) fn started(
        &mut self,
        call: u64,
        task: u64,
        server: &Arc<str>,
        reason: CallReason,
        at: Duration,
    ) {
        let server = self.server(server);
        if self.servers[server].free.is_empty() {
            self.end_oldest_doubtful(server, 1, at);
        }
        let lane = self.take_lane(server);
        let running = RunningCall {
            task,
            lane,
            reason,
            start: micros(at),
            lost: false,
            server,
            doubtful: false,
        };
        self.running.insert(call, running);
    }

    /// The call is not waited for any longer.
    pub(super) fn lost(&mut self, call: u64, text: &str, at: Duration) {
        let Some(running) = self.running.get_mut(&call) else {
            return;
        };
        running.lost = true;
        let (task, server) = (running.task, running.server);
        self.remember(task, server, text, at);
    }

    /// The call has returned; `error` is why it failed, if it did.
    pub(super) fn returned(
        &mut self,
        call: u64,
        outcome: CallOutcome,
        error: Option<&str>,
        at: Duration,
    ) {
        // One whose start was missed has no lane.
        let Some(running) = self.running.remove(&call) else {
            return;
        };
        if let Some(text) = error {
            self.remember(running.task, running.server, text, at);
        }
        let outcome = match running.lost {
            true => CallOutcome::Lost,
            false => outcome,
        };
        self.end(&running, outcome, at);
    }

    /// So many events have been missed in all. The ends of calls that run now may be
    /// among them.
    pub(super) fn note_missed(&mut self, missed: u64) {
        if missed > self.missed {
            self.missed = missed;
            for running in self.running.values_mut() {
                running.doubtful = true;
            }
        }
    }

    /// Whether calls may have ended that are taken for running.
    pub(super) fn has_doubts(&self) -> bool {
        self.running.values().any(|running| running.doubtful)
    }

    /// Ends the oldest of the doubtful calls of a server, of which no more than so many
    /// run.
    pub(super) fn settle(&mut self, server: &Arc<str>, most: usize, at: Duration) {
        let Some(&server) = self.by_name.get(server) else {
            return;
        };
        let count = self.running.values().filter(|r| r.server == server);
        let surplus = count.count().saturating_sub(most);
        self.end_oldest_doubtful(server, surplus, at);
    }

    fn end_oldest_doubtful(&mut self, server: usize, count: usize, at: Duration) {
        let doubtful = self
            .running
            .iter()
            .filter(|(_, r)| r.doubtful && r.server == server);
        let mut doubtful: Vec<u64> = doubtful.map(|(&call, _)| call).collect();
        doubtful.sort_unstable();
        for call in doubtful.into_iter().take(count) {
            self.returned(call, CallOutcome::Unknown, None, at);
        }
    }

    /// The run is over: what still runs is waited for no more.
    pub(super) fn over(&mut self, at: Duration) {
        let mut calls: Vec<u64> = self.running.keys().copied().collect();
        calls.sort_unstable();
        for call in calls {
            let outcome = match self.running[&call].doubtful {
                true => CallOutcome::Unknown,
                false => CallOutcome::Cancelled,
            };
            self.returned(call, outcome, None, at);
        }
    }

    fn end(&mut self, running: &RunningCall, outcome: CallOutcome, at: Duration) {
        let Some(lane) = running.lane else {
            return;
        };
        self.servers[running.server].free.insert(lane);
        if self.ended.len() == CALLS
            && let Some(old) = self.ended.pop_front()
        {
            self.first += 1;
            let failed = matches!(old.outcome, CallOutcome::Failed | CallOutcome::Lost);
            self.utilisation
                .add(old.lane as usize, old.start, old.end, failed);
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

    fn remember(&mut self, task: u64, server: usize, text: &str, at: Duration) {
        if self.errors.len() == ERRORS {
            self.errors.pop_front();
        }
        self.errors.push_back(RecordedError {
            at: micros(at),
            task,
            server: Arc::clone(&self.servers[server].name),
            text: text.chars().take(ERROR_LENGTH).collect(),
        });
    }

    fn server(&mut self, name: &Arc<str>) -> usize {
        if let Some(&known) = self.by_name.get(name) {
            return known;
        }
        let index = self.servers.len();
        self.by_name.insert(Arc::clone(name), index);
        self.servers.push(Server {
            name: Arc::clone(name),
            lanes: Vec::new(),
            free: BTreeSet::new(),
        });
        index
    }

    fn add_lane(&mut self, server: usize) -> bool {
        let lane = self.lanes.len();
        if lane == LANES {
            return false;
        }
        self.lanes.push(server);
        let server = &mut self.servers[server];
        server.lanes.push(lane as u32);
        server.free.insert(lane as u32);
        true
    }

    fn take_lane(&mut self, server: usize) -> Option<u32> {
        if self.servers[server].free.is_empty() {
            self.add_lane(server);
        }
        self.servers[server].free.pop_first()
    }

    /// The names of the servers that have lanes.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.servers.iter().map(|server| &*server.name)
    }

    /// Each lane's server.
    pub(super) fn lanes(&self) -> &[usize] {
        &self.lanes
    }

    /// The number of the first call that is kept, in the order of their ends, and of the
    /// next one to end.
    pub(super) fn range(&self) -> (u64, u64) {
        (self.first, self.first + self.ended.len() as u64)
    }

    /// The calls that have ended, from the one of this number on.
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

    /// How busy each lane was with the calls that are not kept.
    pub(super) fn utilisation(&self) -> &Utilisation {
        &self.utilisation
    }

    /// The newest errors, the oldest of them first.
    pub(super) fn errors(&self) -> impl Iterator<Item = &RecordedError> {
        self.errors.iter()
    }

    pub(super) fn missed(&self) -> u64 {
        self.missed
    }
}

/// A time as the page counts it.
pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
