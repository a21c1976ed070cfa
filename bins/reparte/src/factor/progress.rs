//! The progress of a factorization, as a line.

use indicatif::ProgressBar;
use reparte::Handle;

use crate::factor::job::{Task, TaskResult};
use crate::factor::stage::SharedStage;
use crate::progress_display::ServersUp;

/// Returns the line of the progress, for
/// [`ProgressDisplay`](crate::progress_display::ProgressDisplay).
pub(super) fn line(
    run: &Handle<Task, TaskResult>,
    stage: &SharedStage,
) -> impl Fn(Option<&ProgressBar>) -> String + Send + 'static {
    let (run, stage) = (run.clone(), stage.clone());
    move |_| {
        let summary = run.summary();
        let waits = match &summary.waiting {
            Some(waiting) => format!("; {}", waiting.cause.text()),
            None => String::new(),
        };
        format!("{}; {}{waits}", stage.get(), ServersUp(&summary))
    }
}
