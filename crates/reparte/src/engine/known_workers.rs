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
