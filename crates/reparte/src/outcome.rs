//! The outcome of a task.

use crate::error::task::TaskError;
use crate::ids::TaskId;

/// The outcome of a task: its number, and its result or the error that says why it has
/// none. The item of every iterator over a run.
pub type Outcome<R> = (TaskId, Result<R, TaskError>);
