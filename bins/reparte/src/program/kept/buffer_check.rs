//! The look at a process that seems to keep its first answer in a buffer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::program::kept::activity::{Activity, activity};
use crate::program::process_groups::ProcessGroup;

/// The time after which a process that has not answered its first task is looked at.
const PATIENCE: Duration = Duration::from_secs(3);

/// True once it is told: one process is like the other.
static IS_TOLD: AtomicBool = AtomicBool::new(false);

/// Looks once at a process, some seconds after its first task was written.
#[derive(Debug)]
pub(super) struct BufferCheck {
    /// The name of the program, for the log.
    name: String,
    /// The time at which the task was written. `None` before, and once it was looked at.
    written: Option<Instant>,
}

impl BufferCheck {
    pub(super) fn new(name: String) -> Self {
        BufferCheck {
            name,
            written: None,
        }
    }

    /// Returns the name of the program, for the log.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Notes that a task is written, which is looked at if it is the first.
    pub(super) fn begin(&mut self, is_first: bool) {
        self.written = is_first.then(Instant::now);
    }

    /// Warns of a process that has read its first task, has not answered, and reads on: a newcomer
    /// would wait until the time limit. `received` is the number of bytes that have come.
    pub(super) fn look(&mut self, group: &ProcessGroup, unread: usize, received: usize) {
        if self.written.is_none_or(|at| at.elapsed() < PATIENCE) {
            return;
        }
        self.written = None;
        if unread > 0
            || activity(group) != Some(Activity::Reads)
            || IS_TOLD.swap(true, Ordering::Relaxed)
        {
            return;
        }
        let name = &self.name;
        match received {
            0 => log::warn!(
                "{name}: has read its first task and waits for another one, without an answer: if it \
                 has written one, have it flush the line, as print(..., flush=True) does"
            ),
            _ => log::warn!(
                "{name}: has read its first task and waits for another one, and its {received} bytes \
                 are no whole answer: have it end the answer as --framing asks, such as by a line end"
            ),
        }
    }
}
