//! The scenario: everything about a virtual world that is fixed at its start.

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::TaskId;
use crate::options::{Halt, RetryFaults};
use crate::plan::options::PlanOptions;
use crate::plan::random::SplitMix;
use crate::sim::troubles::Troubles;

/// The servers, tasks, options and incidents of one run. The incidents come at
/// random times in its first seconds.
pub(super) struct Scenario {
    /// The slots of each server that is there at the start.
    pub(super) slots: Vec<usize>,
    /// The slots of each worker of a host, which comes after those; none: no host.
    pub(super) workers: Vec<usize>,
    pub(super) tasks: u64,
    pub(super) read_ahead: usize,
    pub(super) max_attempts: u32,
    pub(super) outage: Option<Duration>,
    pub(super) time_limit: Option<Duration>,
    pub(super) time_limit_medians: Option<u32>,
    pub(super) hedge: bool,
    pub(super) retry_faults: RetryFaults,
    pub(super) retry_time_outs: bool,
    pub(super) halt: Option<Halt>,
    /// The tasks have costs.
    pub(super) costs: bool,
    /// Every server reports its status. Otherwise some only accept connections,
    /// and some can't be probed.
    pub(super) all_report_status: bool,
    /// Number of tasks that kill the servers that run them.
    pub(super) poison_tasks: u64,
    /// Number of servers whose answers are all malformed, at most.
    pub(super) malformed: u64,
    /// Number of times that some server dies.
    pub(super) deaths: u64,
    /// Number of times that some server hangs.
    pub(super) hangs: u64,
    /// All servers that die return. Otherwise some do not.
    pub(super) returns: bool,
    /// Number of servers that are added.
    pub(super) additions: u64,
    /// Number of times that some server is removed.
    pub(super) removals: u64,
    /// Number of times that some task is cancelled.
    pub(super) cancellations: u64,
    /// Some servers refuse all calls, or answer them wrongly.
    pub(super) refusals: bool,
    /// Number of servers in reserve.
    pub(super) reserves: u64,
    /// The journal fails.
    pub(super) journal_fails: bool,
    /// Some servers die with their machines, so that no connection is even
    /// refused.
    pub(super) machines_go: bool,
    /// The run is drained early.
    pub(super) drained: bool,
    /// The longest time that a task takes, in ms.
    pub(super) longest_ms: u64,
    /// Every server is a foreign one that computes in one thread.
    pub(super) all_serial: bool,
    /// Percentage of the calls that fail though their server is alive.
    pub(super) failures_percent: u64,
    /// Percentage of the probes that are answered late, or too late.
    pub(super) slow_percent: u64,
    /// Hangs and returns must be noticed in time. Other failures would delay
    /// that.
    pub(super) strict_times: bool,
    /// The script of the run is replayed at its end.
    pub(super) replays: bool,
    /// The results that fill the window of a caller that is given them in order of sending.
    pub(super) window: Option<usize>,
    pub(super) troubles: Troubles,
}

impl Scenario {
    /// Draws a scenario in which anything may happen.
    pub(super) fn any(random: &mut SplitMix) -> Self {
        let servers = 1 + random.below(6);
        let short = Duration::from_millis(500);
        let outage = [None, Some(10 * short), Some(short)][random.below(3) as usize];
        let drained = random.below(20) == 0;
        let some = |random: &mut SplitMix, most: u64| random.below(2) * random.below(most + 1);
        Self {
            slots: (0..servers).map(|_| 1 + random.below(4) as usize).collect(),
            workers: Vec::new(),
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
            retry_time_outs: false,
            halt: None,
            costs: random.below(3) == 0,
            all_report_status: random.below(3) == 0,
            poison_tasks: [0, 0, random.below(3)][random.below(3) as usize],
            malformed: some(random, servers - 1),
            deaths: random.below(2 * servers),
            hangs: some(random, servers),
            // Without a limit of the outage a run waits forever for its servers.
            returns: outage.is_none() || random.below(2) == 0,
            additions: some(random, 3),
            removals: some(random, servers / 2),
            cancellations: some(random, 5),
            refusals: random.below(10) == 0,
            reserves: random.below(5).saturating_sub(2),
            journal_fails: random.below(20) == 0,
            machines_go: true,
            drained,
            longest_ms: u64::MAX,
            all_serial: false,
            failures_percent: [0, 5, 30][random.below(3) as usize],
            slow_percent: [0, 5][random.below(2) as usize],
            strict_times: false,
            replays: false,
            window: None,
            troubles: Troubles::default(),
        }
    }

    /// A large run, to measure its cost.
    pub(super) fn large(servers: usize, tasks: u64) -> Self {
        let some = servers as u64 / 10;
        Self {
            slots: vec![1; servers],
            workers: Vec::new(),
            tasks,
            read_ahead: servers,
            max_attempts: 10,
            outage: None,
            time_limit: None,
            time_limit_medians: Some(1000),
            hedge: true,
            retry_faults: RetryFaults::Codes(vec![1]),
            retry_time_outs: false,
            halt: None,
            costs: true,
            all_report_status: false,
            poison_tasks: 0,
            malformed: 0,
            deaths: some,
            hangs: some,
            returns: true,
            additions: some,
            removals: some,
            cancellations: some,
            refusals: false,
            reserves: 0,
            journal_fails: false,
            machines_go: true,
            drained: false,
            longest_ms: u64::MAX,
            all_serial: false,
            failures_percent: 1,
            slow_percent: 1,
            strict_times: false,
            replays: false,
            window: None,
            troubles: Troubles::default(),
        }
    }

    /// Returns whether the task kills the servers that run it.
    pub(super) fn is_poison(&self, task: TaskId) -> bool {
        task.index() % 5 == 2 && task.index() / 5 < self.poison_tasks
    }

    /// Returns how the task fails on every server, if it does.
    pub(super) fn bad_task(&self, task: TaskId) -> Option<ErrorKind> {
        self.troubles.bad_task(task, self.tasks)
    }

    /// Returns how long a call goes on that fails in this way, if that is the time limit:
    /// its server says so just before.
    pub(super) fn limit_of(&self, kind: ErrorKind) -> Option<Duration> {
        let limit = self.time_limit.filter(|_| kind == ErrorKind::Overran)?;
        Some(limit.saturating_sub(Duration::from_millis(1)))
    }

    /// Returns the options of the run's plan.
    pub(super) fn plan_options(&self, seed: u64) -> PlanOptions {
        PlanOptions {
            read_ahead: self.read_ahead,
            max_attempts: self.max_attempts,
            max_fault_attempts: self.max_attempts,
            outage: self.outage,
            outage_before_answer: self.outage,
            time_limit: self.time_limit,
            time_limit_medians: self.time_limit_medians,
            hedge: self.hedge,
            retry_faults: self.retry_faults.clone(),
            retry_time_outs: self.retry_time_outs,
            halt: self.halt,
            seed,
        }
    }
}
