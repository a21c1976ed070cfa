//! The limits of one execution of a program.

use std::time::Duration;

/// The most that a call may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) time: Duration,
    /// The most bytes on standard output.
    pub(super) output_bytes: u64,
    /// The time for which a process that the program has left may hold its output in silence.
    pub(super) output_grace: Duration,
}
