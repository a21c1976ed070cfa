//! The dispatcher of a run, with its types: it takes a [`Task`] and gives a [`CallResult`].

use std::sync::Arc;
#[cfg(feature = "redis")]
use std::time::Duration;

use crate::run::call_result::CallResult;
use crate::run::task::Task;

pub(super) type Dispatcher = reparte::Repartidor<Arc<Task>, CallResult>;

/// Observes and controls a run from any thread.
pub(super) type RunHandle = reparte::Handle<Arc<Task>, CallResult>;

pub(super) type TaskSender = reparte::TaskSender<Arc<Task>, CallResult>;

/// The outcome of one task.
pub(super) type TaskOutcome = reparte::Outcome<CallResult>;

/// Returns the options of a dispatcher that has an engine only. The queue keeps three limits: the
/// time from the start of the work, the time for which calls wait for the engine, and that for which
/// they wait for a first worker.
#[cfg(feature = "redis")]
pub(super) fn engine_options(mut options: reparte::Options) -> reparte::Options {
    options.time_limit = None;
    options.outage = Some(Duration::from_secs(1));
    options.outage_before_answer = options.outage;
    options
}
