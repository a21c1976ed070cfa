//! The workers of the destinations that are there, and the calls that they are at work on.

use std::collections::HashMap;
use std::sync::Arc;

use crate::destino::Call;
use crate::ids::{ServerId, TaskId};

/// A call in flight.
pub(super) struct CallInFlight {
    pub(super) task: TaskId,
    pub(super) call: Call,
    /// The server that has a slot for it.
    pub(super) server: ServerId,
    /// The worker that is at work on it, if it is known.
    pub(super) worker: Option<ServerId>,
    /// Workers have begun it.
    pub(super) has_begun: bool,
}

impl CallInFlight {
    /// Counts a worker that begins it. Returns true if another one has begun it before: it is executed
    /// again.
    pub(super) fn count_begin(&mut self) -> bool {
        std::mem::replace(&mut self.has_begun, true)
    }
}

/// The workers that are there, by destination and name.
#[derive(Default)]
pub(super) struct Workers {
    pub(super) known: HashMap<(ServerId, Arc<str>), KnownWorker>,
    /// The number of workers so far.
    pub(super) count: usize,
}

/// A worker that is there.
pub(super) struct KnownWorker {
    pub(super) id: ServerId,
    /// Its destination has listed it.
    pub(super) listed: bool,
}
