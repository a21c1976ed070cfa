//! The stages of a worker's end.

use crate::shutdown::Shutdown;

/// The stages of a worker's end, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stages {
    /// No more tasks are taken. Leases are still renewed.
    pub(crate) stop: Shutdown,
    /// No leases are renewed any more.
    pub(crate) end: Shutdown,
}
