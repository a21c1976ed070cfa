//! The time for which tasks have waited for the first worker of a run.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// The time without any worker, from the run's first task on until the first worker has announced
/// itself.
#[derive(Debug, Default)]
pub(crate) struct Shortage {
    since: OnceLock<Instant>,
    has_had_worker: AtomicBool,
}

impl Shortage {
    /// Notes that there is a task.
    pub(crate) fn note_task(&self) {
        self.since.get_or_init(Instant::now);
    }

    /// Notes that a worker has announced itself.
    pub(crate) fn note_worker(&self) {
        self.has_had_worker.store(true, SeqCst);
    }

    /// Returns for how long tasks have waited for the first worker. None once there was one.
    pub(crate) fn lasts_for(&self) -> Option<Duration> {
        if self.has_had_worker.load(SeqCst) {
            return None;
        }
        self.since.get().map(Instant::elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lasts_from_the_first_task_to_the_first_worker() {
        let shortage = Shortage::default();
        assert_eq!(shortage.lasts_for(), None);
        shortage.note_task();
        let since = shortage.since.get().copied();
        shortage.note_task();
        assert!(shortage.lasts_for().is_some());
        assert_eq!(shortage.since.get().copied(), since);
        shortage.note_worker();
        assert_eq!(shortage.lasts_for(), None);
    }
}
