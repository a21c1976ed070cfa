//! The facts of a run that its page shows and that don't change.

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::page::command_line::command_line;
use crate::page::details::Details;
use crate::task_estimate::TaskEstimate;

/// The run of a page.
pub(crate) struct RunInfo {
    pub(super) function: String,
    pub(super) command: String,
    /// A random number: the next run behind the same address has another one.
    pub(super) id: u64,
    /// The first row of a table.
    pub(super) header: Option<Header>,
    /// The time at which it began, in seconds since 1970.
    pub(super) began: u64,
    pub(super) estimate: EstimateFn,
    pub(super) details: Option<DetailsFn>,
}

/// The first row of a table, which names its columns.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    /// The row as `--tasks` reads it.
    pub(crate) line: String,
    pub(crate) names: Arc<[String]>,
}

/// Returns the number of tasks in the input; `None` as long as nothing is known of it.
type EstimateFn = Box<dyn Fn() -> Option<TaskEstimate> + Send + Sync>;

type DetailsFn = Box<dyn Fn() -> Details + Send + Sync>;

impl RunInfo {
    /// Describes a run of `function` that begins now, by the words of its command line.
    pub(crate) fn new(
        function: &str,
        arguments: impl IntoIterator<Item = String>,
        estimate: impl Fn() -> Option<TaskEstimate> + Send + Sync + 'static,
    ) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        RunInfo {
            function: function.to_owned(),
            command: command_line(arguments),
            // Its keys are random.
            id: RandomState::new().build_hasher().finish(),
            header: None,
            began: since.map_or(0, |since| since.as_secs()),
            estimate: Box::new(estimate),
            details: None,
        }
    }

    /// Tells the page the first row of the input.
    pub(crate) fn header(mut self, header: Option<Header>) -> Self {
        self.header = header;
        self
    }

    /// Has the page show details too.
    #[cfg(feature = "factoring")]
    pub(crate) fn details(mut self, details: impl Fn() -> Details + Send + Sync + 'static) -> Self {
        self.details = Some(Box::new(details));
        self
    }
}

impl fmt::Debug for RunInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunInfo")
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}
