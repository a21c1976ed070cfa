//! The model of the page, shared by the recorder, which changes it, and the web server, which
//! shows it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};
use std::sync::{Mutex, MutexGuard, PoisonError};

use reparte::{Handle, RunSummary};

use crate::page::document;
use crate::page::ending::Ending;
use crate::page::run_info::RunInfo;
use crate::page::run_json::{Since, run_json};
use crate::page::snapshot::Snapshot;
use crate::page::task_failures::{TaskFailure, TaskFailures};
use crate::page::timeline::Timeline;

/// The model of the page of one run.
pub(super) struct PageModel {
    info: RunInfo,
    /// Asks the dispatcher. It may be called with `recorded` locked: the dispatcher never
    /// waits for the page.
    summary: Box<dyn Fn() -> RunSummary + Send + Sync>,
    recorded: Mutex<Recorded>,
    /// Set once the run has ended. The event of the end may be among those that were missed,
    /// so the recorder needs this too. Its store releases, and the recorder's load acquires,
    /// all events that were sent before the end.
    has_ended: AtomicBool,
}

/// The part of the model that changes.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    pub(super) timeline: Timeline,
    /// The tasks that have failed, as their outcomes come.
    pub(super) failures: TaskFailures,
    /// The number of tasks that end per second: of late, or in all once the run has ended.
    pub(super) rate: Option<f64>,
    /// The end of the run, if it has ended.
    pub(super) ending: Option<Ending>,
}

impl PageModel {
    pub(super) fn new<A: 'static, R: 'static>(info: RunInfo, handle: Handle<A, R>) -> Self {
        PageModel {
            info,
            summary: Box::new(move || handle.summary()),
            recorded: Mutex::default(),
            has_ended: AtomicBool::new(false),
        }
    }

    pub(super) fn summary(&self) -> RunSummary {
        (self.summary)()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Recorded> {
        // A panic leaves a picture with a flaw, which is better than none.
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a task that has failed.
    pub(super) fn add_failure(&self, failure: TaskFailure) {
        self.lock().failures.add(failure);
    }

    /// Says that the run has ended.
    pub(super) fn set_ended(&self) {
        self.has_ended.store(true, Release);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.load(Acquire)
    }

    /// Returns the page that asks for its data.
    pub(super) fn live_document(&self) -> String {
        self.with_snapshot(|snapshot| document::live(&snapshot))
    }

    /// Returns the page with its data in it.
    pub(super) fn frozen_document(&self) -> String {
        document::frozen(&self.live_document(), &self.json(Since::default()))
    }

    /// Returns the data, with the ended calls and the failed tasks from `since` on.
    pub(super) fn json(&self, since: Since) -> String {
        self.with_snapshot(|snapshot| run_json(&snapshot, since))
    }

    fn with_snapshot<T>(&self, render: impl FnOnce(Snapshot<'_>) -> T) -> T {
        let summary = self.summary();
        let recorded = self.lock();
        render(Snapshot {
            info: &self.info,
            timeline: &recorded.timeline,
            failures: &recorded.failures,
            summary: &summary,
            rate: recorded.rate,
            ending: recorded.ending.as_ref(),
        })
    }
}

impl fmt::Debug for PageModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageModel")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}
