//! The outcomes of a run, in one of two orders.

use std::sync::Arc;

use reparte::{OrderedOutcomes, Outcomes, TryNextError};

use crate::run::call_result::CallResult;
use crate::run::dispatcher::{Dispatcher, TaskOutcome, TaskSender};
use crate::run::task::Task;

/// The outcomes of all tasks.
pub(super) enum OutcomeStream {
    /// In the order of the tasks.
    Ordered(OrderedOutcomes<Arc<Task>, CallResult>),
    /// In the order in which the tasks end.
    Unordered(Outcomes<Arc<Task>, CallResult>),
}

impl OutcomeStream {
    /// Splits a run into its two halves, for two threads.
    pub(super) fn split(run: Dispatcher, unordered: bool) -> (TaskSender, Self) {
        match unordered {
            true => {
                let (sender, outcomes) = run.split();
                (sender, OutcomeStream::Unordered(outcomes))
            }
            false => {
                let (sender, outcomes) = run.split_ordered();
                (sender, OutcomeStream::Ordered(outcomes))
            }
        }
    }

    /// Returns the next outcome if it is there.
    ///
    /// # Errors
    ///
    /// The next outcome isn't there yet, or the run has ended.
    pub(super) fn try_next(&mut self) -> Result<TaskOutcome, TryNextError> {
        match self {
            OutcomeStream::Ordered(outcomes) => outcomes.try_next(),
            OutcomeStream::Unordered(outcomes) => outcomes.try_next(),
        }
    }
}

/// Waits for each outcome, until the run ends.
impl Iterator for OutcomeStream {
    type Item = TaskOutcome;

    fn next(&mut self) -> Option<TaskOutcome> {
        match self {
            OutcomeStream::Ordered(outcomes) => outcomes.next(),
            OutcomeStream::Unordered(outcomes) => outcomes.next(),
        }
    }
}
