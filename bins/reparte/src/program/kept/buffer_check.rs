//! The look at a process that seems to keep its first answer in a buffer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

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

    /// Notes that the first task is written.
    pub(super) fn begin(&mut self) {
        self.written = Some(Instant::now());
    }

    /// Warns of a process that has read its first task, has not answered, and reads on: a newcomer
    /// would wait until the time limit.
    pub(super) fn look(&mut self, group: &ProcessGroup, unread: usize) {
        if self.written.is_none_or(|at| at.elapsed() < PATIENCE) {
            return;
        }
        self.written = None;
        if unread == 0 && reads_its_input(group) && !IS_TOLD.swap(true, Ordering::Relaxed) {
            log::warn!(
                "{}: has read its first task and waits for another one, without an answer: if it \
                 has written one, have it flush the line, as print(..., flush=True) does",
                self.name
            );
        }
    }
}

/// Returns whether a process is in the system call that reads its standard input. Linux tells it;
/// elsewhere it is not known.
#[cfg(target_os = "linux")]
fn reads_its_input(group: &ProcessGroup) -> bool {
    // The number of `read`: that of x86-64, and that of aarch64 and riscv64.
    const READ: &str = match cfg!(target_arch = "x86_64") {
        true => "0",
        false => "63",
    };
    let path = format!("/proc/{}/syscall", group.child.id());
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut words = text.split_ascii_whitespace();
    (words.next(), words.next()) == (Some(READ), Some("0x0"))
}

#[cfg(not(target_os = "linux"))]
fn reads_its_input(_: &ProcessGroup) -> bool {
    false
}
