//! The dispatcher of a run, with its types: it takes a [`Task`] and gives a [`CallResult`].

use std::sync::Arc;

use crate::run::call_result::CallResult;
use crate::run::task::Task;

pub(super) type Dispatcher = reparte::Repartidor<Arc<Task>, CallResult>;

/// Observes and controls a run from any thread.
pub(super) type RunHandle = reparte::Handle<Arc<Task>, CallResult>;

pub(super) type TaskSender = reparte::TaskSender<Arc<Task>, CallResult>;

/// The outcome of one task.
pub(super) type TaskOutcome = reparte::Outcome<CallResult>;
