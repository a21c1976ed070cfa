//! The progress of a run's input, for other threads.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::task_estimate::TaskEstimate;

/// Counters of the input. The thread that reads it writes them, and others read them.
///
/// All of them are relaxed. While the input is read they feed displays only, which may be a
/// moment late. The verdict on the run reads them after the last outcome, which comes after
/// the reading thread has dropped its end of the run: by then all its writes are seen.
#[derive(Debug, Default)]
pub(super) struct InputProgress {
    tasks: AtomicU64,
    bytes: AtomicU64,
    /// The size of the whole input in bytes; 0 if it is not known.
    size: AtomicU64,
    /// The number of tasks in the whole input; 0 if they were not counted.
    total: AtomicU64,
    is_complete: AtomicBool,
}

impl InputProgress {
    /// Sets the size of the whole input in bytes. It is known for regular files only.
    pub(super) fn set_size(&self, bytes: u64) {
        self.size.store(bytes, Relaxed);
    }

    /// Sets the number of tasks in the whole input.
    pub(super) fn set_total(&self, tasks: u64) {
        self.total.store(tasks, Relaxed);
    }

    pub(super) fn count_bytes(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn count_task(&self) {
        self.tasks.fetch_add(1, Relaxed);
    }

    pub(super) fn complete(&self) {
        self.is_complete.store(true, Relaxed);
    }

    /// Returns whether the input was read to its end.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete.load(Relaxed)
    }

    /// Returns the number of tasks in the whole input, or estimates it from the size. `None` if
    /// that is not known, or wrong because the file has grown.
    pub(super) fn estimate(&self) -> Option<TaskEstimate> {
        let tasks = self.tasks.load(Relaxed);
        if self.is_complete() {
            return Some(TaskEstimate {
                tasks,
                is_exact: true,
            });
        }
        let total = self.total.load(Relaxed);
        if total > 0 && tasks <= total {
            return Some(TaskEstimate {
                tasks: total,
                is_exact: true,
            });
        }
        let (bytes, size) = (self.bytes.load(Relaxed), self.size.load(Relaxed));
        if bytes == 0 || size < bytes {
            return None;
        }
        let all = u128::from(tasks) * u128::from(size) / u128::from(bytes);
        Some(TaskEstimate {
            tasks: u64::try_from(all).unwrap_or(u64::MAX),
            is_exact: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_come_is_estimated_by_the_bytes_that_are_read() {
        let progress = InputProgress::default();
        assert_eq!(progress.estimate(), None);
        progress.set_size(1000);
        progress.count_bytes(100);
        (0..20).for_each(|_| progress.count_task());
        let estimate = TaskEstimate {
            tasks: 200,
            is_exact: false,
        };
        assert_eq!(progress.estimate(), Some(estimate));
        progress.count_bytes(901);
        assert_eq!(progress.estimate(), None);
    }

    #[test]
    fn tasks_that_were_counted_are_known() {
        let progress = InputProgress::default();
        progress.set_total(2);
        let exactly = |tasks| {
            Some(TaskEstimate {
                tasks,
                is_exact: true,
            })
        };
        assert_eq!(progress.estimate(), exactly(2));
        (0..3).for_each(|_| progress.count_task());
        assert_eq!(progress.estimate(), None, "the file has grown");
        progress.complete();
        assert_eq!(progress.estimate(), exactly(3));
    }
}
