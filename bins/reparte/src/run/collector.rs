//! The collector: prints outcomes as they come.

use std::io;

use reparte::{TaskError, TryNextError};

use crate::exit::Failure;
use crate::page::RunPage;
use crate::page::task_failures::TaskFailure;
use crate::run::call_result::CallResult;
use crate::run::dispatcher::TaskOutcome;
use crate::run::failed_tasks::FailedTasks;
use crate::run::failure_report::{FailureReport, has_not_run};
use crate::run::feeder::Feeder;
use crate::run::flags::Resumed;
use crate::run::outcomes::OutcomeStream;
use crate::run::result_files::ResultFiles;
use crate::run::result_record::{kind, last_server};
use crate::run::result_writer::ResultWriter;
use crate::run::task::Task;

/// The places that outcomes go to.
pub(super) struct Sinks<'a> {
    pub(super) writer: ResultWriter,
    pub(super) failures: FailureReport,
    pub(super) failed: &'a mut FailedTasks,
    pub(super) results: Option<&'a ResultFiles>,
    pub(super) page: Option<&'a RunPage>,
    /// Says if results that the journal had are skipped.
    pub(super) resumed: Resumed,
}

/// Prints all outcomes until the run ends. The output is buffered while more outcomes are
/// there, and flushed before the collector waits.
///
/// # Errors
///
/// The output can't be written. The run ends, since `outcomes` is dropped.
pub(super) fn collect(
    mut outcomes: OutcomeStream,
    feeder: &mut Feeder,
    mut sinks: Sinks<'_>,
) -> Result<(), Failure> {
    while let Some((id, outcome)) = next(&mut outcomes, &mut sinks.writer)? {
        if let Some(task) = feeder.take(id) {
            sinks.add(&task, &outcome)?;
        }
    }
    sinks.failures.finish();
    Ok(sinks.writer.flush()?)
}

impl Sinks<'_> {
    fn add(&mut self, task: &Task, outcome: &Result<CallResult, TaskError>) -> Result<(), Failure> {
        if let Err(error) = outcome {
            self.failures.add(task, error);
            if has_not_run(error) {
                return Ok(self.writer.write(task, outcome)?);
            }
            self.failed.add(task);
            if let Some(page) = self.page {
                page.add_failure(page_failure(task, error));
            }
        }
        if let Some(results) = self.results {
            results.write(task, outcome)?;
        }
        if self.resumed == Resumed::Skip && outcome.is_ok() && task.is_uncalled() {
            return Ok(());
        }
        Ok(self.writer.write(task, outcome)?)
    }
}

/// Returns a failed task as the page shows it.
fn page_failure(task: &Task, error: &TaskError) -> TaskFailure {
    TaskFailure {
        line: task.line,
        input: task.input.clone(),
        is_whole: task.whole_line() == Some(task.input.as_bytes()),
        cells: named_cells(task),
        kind: kind(error),
        message: error.full_reason(),
        server: last_server(error).map(str::to_owned),
        seconds: task.failed_after().map(|time| time.as_secs_f64()),
        attempts: error.calls(),
    }
}

fn named_cells(task: &Task) -> Option<Vec<String>> {
    let columns = task.columns.as_ref()?;
    columns.names.as_ref().map(|_| columns.cells.clone())
}

fn next(
    outcomes: &mut OutcomeStream,
    writer: &mut ResultWriter,
) -> io::Result<Option<TaskOutcome>> {
    match outcomes.try_next() {
        Ok(next) => Ok(Some(next)),
        Err(TryNextError::Empty) => {
            writer.flush()?;
            Ok(outcomes.next())
        }
        Err(_) => Ok(None),
    }
}
