//! The numbers of a host's workers by their health.

/// The workers of a host that are there.
#[derive(Debug, Default)]
pub(super) struct WorkerCounts {
    pub(super) known: usize,
    pub(super) alive: usize,
    pub(super) up: usize,
}

impl WorkerCounts {
    /// Returns whether a worker is up, or none is known.
    pub(super) fn any_up(&self) -> bool {
        self.known == 0 || self.up > 0
    }

    /// Returns whether a worker is alive, or none is known.
    pub(super) fn any_alive(&self) -> bool {
        self.known == 0 || self.alive > 0
    }
}
