//! The checks of servers that know when they end, with the true ends and an exact median.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ids::{CallId, ServerId};
use crate::sim::checks::Checks;
use crate::sim::scenario::Scenario;

/// The most by which the end that a server has told is before the true one: whole seconds, and
/// the time that an answer takes.
const TOLD_EARLY: Duration = Duration::from_secs(4);

/// The ends of a scenario, and the durations of the calls that have succeeded. Empty where no
/// server ends.
#[derive(Default)]
pub(super) struct KnownEnds {
    ends: BTreeMap<usize, Duration>,
    started: BTreeMap<CallId, Duration>,
    /// Sorted.
    durations: Vec<Duration>,
}

impl KnownEnds {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let ends = scenario.troubles.ends.iter();
        Self {
            ends: ends.map(|end| (end.server, end.at)).collect(),
            ..Self::default()
        }
    }

    /// Records that a call has returned, perhaps with a result that counts.
    pub(super) fn call_returned(&mut self, call: CallId, is_result: bool, now: Duration) {
        if let Some(started) = self.started.remove(&call)
            && is_result
        {
            let took = now - started;
            let at = self.durations.partition_point(|&other| other <= took);
            self.durations.insert(at, took);
        }
    }

    fn median(&self) -> Duration {
        let middle = self.durations.get(self.durations.len() / 2);
        middle.copied().unwrap_or_default()
    }
}

impl Checks {
    /// Checks and records that a call that starts ends in time, by the median.
    pub(super) fn check_time_left(&mut self, call: CallId, server: ServerId, now: Duration) {
        let known = &mut self.known_ends;
        if known.ends.is_empty() {
            return;
        }
        known.started.insert(call, now);
        let record = &self.servers[server.index()];
        assert!(
            !record.is_ending,
            "server {server} has too little time left"
        );
        // Its first report may be under way.
        let is_told = now > Duration::from_millis(1);
        if let Some(&end) = known.ends.get(&server.index())
            && is_told
            && !record.has_ended
        {
            let median = known.median();
            assert!(now + median <= end, "server {server} ends at {end:?}");
        }
    }

    /// Checks and records that a server has too little time left, or enough again.
    pub(super) fn set_ending(&mut self, server: ServerId, is_ending: bool, now: Duration) {
        let median = self.known_ends.median();
        let record = &mut self.servers[server.index()];
        assert_ne!(record.is_ending, is_ending);
        record.is_ending = is_ending;
        let end = self.known_ends.ends[&server.index()];
        let by_plan = median + median / 8 + Duration::from_micros(1);
        match is_ending {
            true => assert!(end <= now + by_plan + TOLD_EARLY, "it ends at {end:?}"),
            // Another start of it does not end.
            false if record.has_ended => {
                record.has_ended = false;
                self.known_ends.ends.remove(&server.index());
            }
            false => assert!(end > now + median),
        }
    }

    /// Records that the time of a server is over, as it had said.
    pub(in crate::sim) fn server_ended(&mut self, server: ServerId) {
        self.servers[server.index()].has_ended = true;
    }
}
