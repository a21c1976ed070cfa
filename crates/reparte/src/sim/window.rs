//! The window of a caller that is given the outcomes in order of sending.

use std::collections::BTreeMap;

use crate::ids::TaskId;

/// The outcomes that the caller has not been given.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// The tasks that have ended, and whether each has a result.
    pub(super) ended: BTreeMap<TaskId, bool>,
    /// The number of outcomes given.
    given: u64,
    /// The plan has been told that it is full.
    pub(super) is_full: bool,
}

impl Window {
    /// Gives the outcomes whose turn it is. Returns the number of results that are left.
    pub(super) fn read(&mut self) -> usize {
        while self.ended.remove(&TaskId::new(self.given)).is_some() {
            self.given += 1;
        }
        self.ended
            .values()
            .filter(|has_result| **has_result)
            .count()
    }
}
