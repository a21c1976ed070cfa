//! The number of tasks in a run's input, as far as it is known.

/// The number of tasks in an input that may not be read to its end yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TaskEstimate {
    pub(crate) tasks: u64,
    /// True once the input was read to its end, so that the number can't change.
    pub(crate) is_exact: bool,
}
