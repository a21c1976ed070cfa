//! The journal of a run.

use std::path::Path;
use std::sync::Arc;

use reparte::Journal;

use crate::exit::Failure;
use crate::run::call_result::CallResult;
use crate::run::result_bytes;
use crate::run::task::Task;

/// A run's journal, with its types.
pub(super) type RunJournal = Journal<Arc<Task>, CallResult>;

/// Opens the journal of a run. `work` names the function, and the format and the columns of
/// its tasks: the journal of other work is refused. A task is known by its line.
pub(super) fn open(path: &Path, work: &str) -> Result<RunJournal, Failure> {
    let work = format!("reparte run: {work}");
    let line = |task: &Arc<Task>| task.input.as_bytes().to_vec();
    Journal::open_with(path, &work, line, result_bytes::write, result_bytes::read)
        .map_err(|error| Failure::Journal(format!("--journal: {error}")))
}
