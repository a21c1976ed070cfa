//! The reason why a run of clnt_processes ends without all results.

use reparte::{Incomplete, SendError, TaskError, TaskErrorKind};

use crate::shared::failure::Failure;

/// Returns the failure of a run, or None if all results are there.
///
/// The first of these that applies counts: a signal, the journal, a task that could not be
/// sent, a task that did not run, a task that failed.
pub(crate) fn failure<A, R>(
    tasks: u32,
    was_interrupted: bool,
    sent: &Result<(), SendError<A>>,
    results: &Result<Vec<R>, Incomplete<R>>,
) -> Option<Failure> {
    let done = match results {
        Ok(results) => results.len(),
        Err(incomplete) => incomplete.outcomes().iter().flatten().count(),
    };
    let so_far = format!("{done} of {tasks} numbers have a result");
    match (results, sent) {
        (Ok(_), Ok(())) => None,
        _ if was_interrupted => {
            let failed = results.as_ref().err().map(failed_tasks).unwrap_or_default();
            let text = format!("{so_far}: ended by a signal{failed}");
            Some(Failure::Interrupted(text))
        }
        (Err(incomplete), _) if incomplete.summary().journal_error.is_some() => {
            let error = incomplete.summary().journal_error.as_ref()?;
            Some(Failure::Journal(format!("{so_far}; {error}")))
        }
        (_, Err(error)) => Some(Failure::Unreachable(format!("{so_far}; {error}"))),
        (Err(incomplete), Ok(())) => Some(failure_of_tasks(incomplete)),
    }
}

/// Returns the errors of the tasks that have one.
fn errors<R>(incomplete: &Incomplete<R>) -> impl Iterator<Item = &TaskError> {
    let outcomes = incomplete.outcomes().iter();
    outcomes.filter_map(|outcome| outcome.as_ref().err())
}

/// Describes the tasks that failed before the signal. Nothing else reports them.
fn failed_tasks<R>(incomplete: &Incomplete<R>) -> String {
    let mut failed = errors(incomplete).filter(|error| {
        let kind = error.kind();
        matches!(kind, TaskErrorKind::Permanent | TaskErrorKind::GivenUp)
    });
    match failed.next() {
        None => String::new(),
        Some(first) => format!("; {} failed before, the first: {first}", 1 + failed.count()),
    }
}

/// Returns the failure of a run that nothing ended early. A task that did not run found no
/// server.
fn failure_of_tasks<R>(incomplete: &Incomplete<R>) -> Failure {
    match errors(incomplete).any(|error| error.kind() == TaskErrorKind::NotRun) {
        true => Failure::Unreachable(incomplete.to_string()),
        false => Failure::NoResult(incomplete.to_string()),
    }
}
