//! The state of a run at one time, for the page's document and its JSON.

use reparte::RunSummary;

use crate::page::ending::Ending;
use crate::page::run_info::RunInfo;
use crate::page::task_failures::TaskFailures;
use crate::page::timeline::Timeline;

/// Everything that the page shows at one time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Snapshot<'a> {
    pub(super) info: &'a RunInfo,
    pub(super) timeline: &'a Timeline,
    pub(super) failures: &'a TaskFailures,
    pub(super) summary: &'a RunSummary,
    /// The number of tasks that end per second: of late, or in all once the run has ended.
    pub(super) rate: Option<f64>,
    /// The end of the run, if it has ended.
    pub(super) ending: Option<&'a Ending>,
}
