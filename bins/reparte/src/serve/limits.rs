//! The limits of one execution of a program.

use std::time::Duration;

/// The most that a call may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) time: Duration,
    /// The most bytes on standard output.
    pub(super) output_bytes: u64,
}
