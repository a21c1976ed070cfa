//! A run that could not give every task its result.

use std::fmt;

use crate::{RunSummary, TaskError, TaskErrorKind};

/// A task was not taken: no server was left, or the
/// [journal](RunSummary::journal_error) can't be used. Holds the task, and the
/// summary of the run, which says of each server what happened to it.
pub struct SendError<A> {
    pub(crate) args: A,
    pub(crate) summary: Box<RunSummary>,
}

impl<A> SendError<A> {
    /// The task that was not taken, back.
    pub fn into_args(self) -> A {
        self.args
    }

    /// What each server did, and its last error.
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

impl<A> std::error::Error for SendError<A> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        source(&self.summary)
    }
}

/// What is wrong with the journal, if that is why.
fn source(summary: &RunSummary) -> Option<&(dyn std::error::Error + 'static)> {
    let error = summary.journal_error.as_deref();
    error.map(|error| error as &(dyn std::error::Error + 'static))
}

/// Not every task has its result, or the [journal](RunSummary::journal_error) is
/// not whole. Holds what became of each one, and what each server did.
pub struct Incomplete<R> {
    pub(crate) outcomes: Vec<Result<R, TaskError>>,
    pub(crate) summary: Box<RunSummary>,
}

impl<R> Incomplete<R> {
    /// What became of each task, in order of sending: every result that was
    /// had is here.
    pub fn outcomes(&self) -> &[Result<R, TaskError>] {
        &self.outcomes
    }

    /// As [`outcomes`](Self::outcomes), by value.
    pub fn into_outcomes(self) -> Vec<Result<R, TaskError>> {
        self.outcomes
    }

    /// What each server did, and its last error.
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

/// How many failed tasks the message names one by one.
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

impl<R> std::error::Error for Incomplete<R> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        source(&self.summary)
    }
}
