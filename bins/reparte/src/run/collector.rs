//! The collector: prints outcomes as they come.

use std::io;

use reparte::{TaskError, TryNextError};

use crate::exit::Failure;
use crate::page::RunPage;
use crate::page::task_failures::TaskFailure;
use crate::run::dispatcher::TaskOutcome;
use crate::run::failed_tasks::FailedTasks;
use crate::run::failure_report::{FailureReport, has_not_run};
use crate::run::feeder::Feeder;
use crate::run::flags::Resumed;
use crate::run::outcomes::OutcomeStream;
use crate::run::result_record::{kind, last_server};
use crate::run::result_writer::ResultWriter;
use crate::run::task::Task;

/// Prints all outcomes until the run ends. The output is buffered while more outcomes are
/// there, and flushed before the collector waits. Results that the journal had are skipped if
/// `resumed` says so.
///
/// # Errors
///
/// The output can't be written. The run ends, since `outcomes` is dropped.
pub(super) fn collect(
    mut outcomes: OutcomeStream,
    feeder: &mut Feeder,
    mut writer: ResultWriter,
    mut failures: FailureReport,
    failed: &mut FailedTasks,
    page: Option<&RunPage>,
    resumed: Resumed,
) -> Result<(), Failure> {
    while let Some((id, outcome)) = next(&mut outcomes, &mut writer)? {
        let Some(task) = feeder.take(id) else {
            continue;
        };
        if let Err(error) = &outcome {
            failures.add(&task, error);
            if !has_not_run(error) {
                failed.add(&task);
                if let Some(page) = page {
                    page.add_failure(page_failure(&task, error));
                }
            }
        }
        if resumed == Resumed::Skip && outcome.is_ok() && task.is_uncalled() {
            continue;
        }
        writer.write(&task, &outcome)?;
    }
    failures.finish();
    Ok(writer.flush()?)
}

/// Returns a failed task as the page shows it.
fn page_failure(task: &Task, error: &TaskError) -> TaskFailure {
    TaskFailure {
        line: task.line,
        input: task.input.clone(),
        is_whole: task.whole_line() == Some(task.input.as_bytes()),
        kind: kind(error),
        message: error.full_reason(),
        server: last_server(error).map(str::to_owned),
        attempts: error.calls(),
    }
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
