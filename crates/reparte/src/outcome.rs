//! The outcome of a task.

use crate::error::task::TaskError;
use crate::ids::TaskId;

/// The outcome of a task: its number, and its result or the error that says why it has
/// none. The item of every iterator over a run.
pub type Outcome<R> = (TaskId, Result<R, TaskError>);

/// An outcome on its way to the caller.
#[derive(Debug)]
pub(crate) struct EndedTask<R> {
    pub(crate) task: TaskId,
    pub(crate) outcome: Result<R, TaskError>,
    /// The size of the result, as the caller measures it.
    pub(crate) bytes: usize,
}
