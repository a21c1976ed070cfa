//! What a virtual world is like.

use std::time::Duration;

use crate::plan::options::PlanOptions;
use crate::plan::random::SplitMix;
use crate::{RetryFaults, TaskId};

pub(super) struct Habits {
    pub(super) slots: Vec<usize>,
    pub(super) tasks: u64,
    pub(super) read_ahead: usize,
    pub(super) max_attempts: u32,
    pub(super) outage: Option<Duration>,
    pub(super) time_limit: Option<Duration>,
    pub(super) time_limit_medians: Option<u32>,
    pub(super) hedge: bool,
    pub(super) retry_faults: RetryFaults,
    /// Tasks have costs.
    pub(super) costs: bool,
    /// Every server says how it is. If not, some can only be reached, and some
    /// not even that.
    pub(super) all_ours: bool,
    /// How many tasks kill the server that works on them.
    pub(super) poison: u64,
    /// How many servers give nothing but answers that are none.
    pub(super) liars: u64,
    /// How many times some server dies.
    pub(super) deaths: u64,
    /// How many times some server hangs.
    pub(super) hangs: u64,
    /// Whether the dead return. If not, some do not.
    pub(super) returns: bool,
    pub(super) joins: u64,
    pub(super) leaves: u64,
    /// How many tasks are cancelled.
    pub(super) cancels: u64,
    /// Whether some server refuses all calls, or answers them wrongly.
    pub(super) refusals: bool,
    /// How many servers are kept in reserve.
    pub(super) reserves: u64,
    /// Whether the journal fails.
    pub(super) journal_fails: bool,
    /// Whether some of the dead take their machines with them, so that no
    /// connection is even refused.
    pub(super) machines_go: bool,
    /// Whether the run is stopped early.
    pub(super) stops: bool,
    /// How many calls in a hundred fail though their server is alive.
    pub(super) failures_percent: u64,
    /// How many questions in a hundred are answered late, or too late.
    pub(super) slow_percent: u64,
    /// Whether hangs and returns must be noticed in time: other failures would
    /// put it off.
    pub(super) strict_times: bool,
    /// Whether the run's script is replayed at its end.
    pub(super) replays: bool,
}

impl Habits {
    pub(super) fn any(random: &mut SplitMix) -> Self {
        let servers = 1 + random.below(6);
        let short = Duration::from_millis(500);
        let outage = [None, Some(10 * short), Some(short)][random.below(3) as usize];
        let stops = random.below(20) == 0;
        let some = |random: &mut SplitMix, most: u64| random.below(2) * random.below(most + 1);
        Self {
            slots: (0..servers).map(|_| 1 + random.below(4) as usize).collect(),
            tasks: random.below(150),
            read_ahead: [0, 0, 1, 5, 200][random.below(5) as usize],
            max_attempts: 1 + random.below(10) as u32,
            outage,
            time_limit: [None, None, Some(4 * short)][random.below(3) as usize],
            time_limit_medians: [None, None, Some(4)][random.below(3) as usize],
            hedge: random.below(4) > 0,
            retry_faults: [
                RetryFaults::None,
                RetryFaults::Codes(vec![1]),
                RetryFaults::All,
            ][random.below(3) as usize]
                .clone(),
            costs: random.below(3) == 0,
            all_ours: random.below(3) == 0,
            poison: [0, 0, random.below(3)][random.below(3) as usize],
            liars: some(random, servers - 1),
            deaths: random.below(2 * servers),
            hangs: some(random, servers),
            // Without an outage's end the dead are waited for, for ever; and so are the
            // calls of a run that is stopped.
            returns: outage.is_none() || stops || random.below(2) == 0,
            joins: some(random, 3),
            leaves: some(random, servers / 2),
            cancels: some(random, 5),
            refusals: random.below(10) == 0,
            reserves: random.below(5).saturating_sub(2),
            journal_fails: random.below(20) == 0,
            machines_go: true,
            stops,
            failures_percent: [0, 5, 30][random.below(3) as usize],
            slow_percent: [0, 5][random.below(2) as usize],
            strict_times: false,
            replays: false,
        }
    }

    pub(super) fn large(servers: usize, tasks: u64) -> Self {
        let some = servers as u64 / 10;
        Self {
            slots: vec![1; servers],
            tasks,
            read_ahead: servers,
            max_attempts: 10,
            outage: None,
            time_limit: None,
            time_limit_medians: Some(1000),
            hedge: true,
            retry_faults: RetryFaults::Codes(vec![1]),
            costs: true,
            all_ours: false,
            poison: 0,
            liars: 0,
            deaths: some,
            hangs: some,
            returns: true,
            joins: some,
            leaves: some,
            cancels: some,
            refusals: false,
            reserves: 0,
            journal_fails: false,
            machines_go: true,
            stops: false,
            failures_percent: 1,
            slow_percent: 1,
            strict_times: false,
            replays: false,
        }
    }

    /// Whether this task kills the server that works on it.
    pub(super) fn is_poison(&self, task: TaskId) -> bool {
        task.index() % 5 == 2 && task.index() / 5 < self.poison
    }

    pub(super) fn plan_options(&self, seed: u64) -> PlanOptions {
        PlanOptions {
            read_ahead: self.read_ahead,
            max_attempts: self.max_attempts,
            outage: self.outage,
            time_limit: self.time_limit,
            time_limit_medians: self.time_limit_medians,
            hedge: self.hedge,
            retry_faults: self.retry_faults.clone(),
            seed,
        }
    }
}
