//! The plan's options.

use std::time::Duration;

use crate::options::{Halt, RetryFaults};

/// Everything about a run that is fixed at its start, except its servers.
#[derive(Clone, Debug)]
pub(crate) struct PlanOptions {
    /// Number of tasks that may wait for a slot.
    pub(crate) read_ahead: usize,
    /// Number of calls of a task that may have run, after which it is given up.
    pub(crate) max_attempts: u32,
    /// Time without a server alive after which the run ends; `None`: never.
    pub(crate) outage: Option<Duration>,
    /// `outage` until some server has answered.
    pub(crate) outage_before_answer: Option<Duration>,
    /// Time limit of a call.
    pub(crate) time_limit: Option<Duration>,
    /// Time limit of a call, in multiples of the median.
    pub(crate) time_limit_medians: Option<u32>,
    /// Number of calls of a task that end with a fault of `retry_faults`, after which it
    /// fails.
    pub(crate) max_fault_attempts: u32,
    /// The faults after which a task is tried again.
    pub(crate) retry_faults: RetryFaults,
    /// Tasks that were running at their time limit are tried again.
    pub(crate) retry_time_outs: bool,
    /// The failed tasks after which the run is drained.
    pub(crate) halt: Option<Halt>,
    /// Slow tasks are sent to a second server.
    pub(crate) hedge: bool,
    /// Seed of the random numbers.
    pub(crate) seed: u64,
}
