//! The errors of a run that could not give every task its result.

use std::error::Error;
use std::fmt;

use crate::error::task::{TaskError, TaskErrorKind};
use crate::summary::RunSummary;

/// The error of a task that was not taken: the run has ended, for lack of servers, or
/// because its [journal](RunSummary::journal_error) can't be used.
///
/// It holds the task, and the summary of the run.
pub struct SendError<A> {
    pub(crate) args: A,
    pub(crate) summary: Box<RunSummary>,
}

impl<A> SendError<A> {
    /// Returns the arguments of the task that was not taken.
    pub fn into_args(self) -> A {
        self.args
    }

    /// Returns the summary of the run: what each server did, and its last error.
    pub fn summary(&self) -> &RunSummary {
        &self.summary
    }
}

impl<A> fmt::Debug for SendError<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError")
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}

impl<A> fmt::Display for SendError<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.summary.journal_error {
            return write!(f, "the task is not taken: {error}");
        }
        write!(f, "no server takes the task: {}", self.summary.end_reason())?;
        self.summary.write_last_errors(f)
    }
}

impl<A> Error for SendError<A> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        source(&self.summary)
    }
}

/// Returns the journal's error, if there is one.
fn source(summary: &RunSummary) -> Option<&(dyn Error + 'static)> {
    let error = summary.journal_error.as_deref();
    error.map(|error| error as &(dyn Error + 'static))
}

/// The error of a run in which some task has no result, or whose
/// [journal](RunSummary::journal_error) is not complete.
///
/// It holds the outcome of each task, and the summary of the run.
pub struct Incomplete<R> {
    pub(crate) outcomes: Vec<Result<R, TaskError>>,
    pub(crate) summary: Box<RunSummary>,
}

impl<R> Incomplete<R> {
    /// Returns the outcome of each task, in order of sending, results included.
    pub fn outcomes(&self) -> &[Result<R, TaskError>] {
        &self.outcomes
    }

    /// Returns the outcome of each task by value, in order of sending.
    pub fn into_outcomes(self) -> Vec<Result<R, TaskError>> {
        self.outcomes
    }

    /// Returns the summary of the run: what each server did, and its last error.
    pub fn summary(&self) -> &RunSummary {
        &self.summary
    }
}

impl<R> fmt::Debug for Incomplete<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incomplete")
            .field("errors", &self.errors().collect::<Vec<_>>())
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}

/// The most failed tasks that the message names one by one.
const NAMED: usize = 3;

impl<R> Incomplete<R> {
    fn errors(&self) -> impl Iterator<Item = &TaskError> {
        self.outcomes.iter().filter_map(|o| o.as_ref().err())
    }
}

impl<R> fmt::Display for Incomplete<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = self.outcomes.len();
        let (not_run, failed): (Vec<_>, Vec<_>) = self
            .errors()
            .partition(|e| e.kind() == TaskErrorKind::NotRun);
        let had = tasks - not_run.len() - failed.len();
        write!(f, "{had} of {tasks} tasks have their result")?;
        if !failed.is_empty() {
            write!(f, ", {} failed", failed.len())?;
        }
        if !not_run.is_empty() {
            write!(
                f,
                ", {} not run: {}",
                not_run.len(),
                self.summary.end_reason()
            )?;
        } else if let Some(error) = &self.summary.journal_error {
            write!(f, "; {error}")?;
        }
        for error in failed.iter().take(NAMED) {
            write!(f, "\n  {error}")?;
        }
        if failed.len() > NAMED {
            write!(f, "\n  and {} more failed", failed.len() - NAMED)?;
        }
        if !not_run.is_empty() && self.summary.journal_error.is_none() {
            self.summary.write_last_errors(f)?;
        }
        Ok(())
    }
}

impl<R> Error for Incomplete<R> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        source(&self.summary)
    }
}
