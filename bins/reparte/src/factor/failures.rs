//! The tasks that fail: how many one after the other.

use reparte::{TaskError, TaskErrorKind};

use crate::factor::job::TaskResult;
use crate::factor::stop::Stop;

/// Tasks that fail one after the other, after which no more are sent.
const MAX_FAILURES: u32 = 20;

/// The tasks that have failed one after the other.
#[derive(Debug, Default)]
pub(super) struct Failures(u32);

impl Failures {
    /// Returns the result, if there is one.
    ///
    /// # Errors
    ///
    /// The tasks fail one after another, as the others would too.
    pub(super) fn check(
        &mut self,
        outcome: Result<TaskResult, TaskError>,
    ) -> Result<Option<TaskResult>, Stop> {
        match outcome {
            Ok(result) => {
                self.0 = 0;
                Ok(Some(result))
            }
            Err(error) if has_ended(&error) => Ok(None),
            Err(error) => {
                self.0 += 1;
                match self.0 {
                    MAX_FAILURES => Err(Stop::failed(format!("calls fail everywhere: {error}"))),
                    _ => Ok(None),
                }
            }
        }
    }
}

/// Returns whether a task has failed because the run has ended, or a signal ends it.
fn has_ended(error: &TaskError) -> bool {
    matches!(
        error.kind(),
        TaskErrorKind::NotRun | TaskErrorKind::Cancelled
    )
}
