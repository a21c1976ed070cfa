//! The handle that aborts the call on a connection.

pub(crate) mod shutdown_slot;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use ureq::Agent;

use crate::abort_handle::shutdown_slot::ShutdownSlot;

/// Aborts the call on one connection, from any thread. The connection is of no use after
/// that.
#[derive(Debug)]
pub(crate) struct AbortHandle {
    socket: Shutdown,
    /// A part of the call's response has come. Nothing else depends on it: `Relaxed` is enough.
    response_has_begun: Arc<AtomicBool>,
}

/// The owner of the socket that is shut down.
#[derive(Debug)]
enum Shutdown {
    /// Of HTTP.
    Agent(Agent),
    /// Of SCGI.
    Slot(Arc<ShutdownSlot>),
}

impl AbortHandle {
    /// Returns a handle that shuts down this agent, and with it the socket that it has.
    pub(crate) fn new(agent: &Agent, response_has_begun: &Arc<AtomicBool>) -> Self {
        AbortHandle {
            socket: Shutdown::Agent(agent.clone()),
            response_has_begun: Arc::clone(response_has_begun),
        }
    }

    /// Returns a handle that shuts down the socket in this slot.
    pub(crate) fn of_slot(slot: &Arc<ShutdownSlot>, response_has_begun: &Arc<AtomicBool>) -> Self {
        AbortHandle {
            socket: Shutdown::Slot(Arc::clone(slot)),
            response_has_begun: Arc::clone(response_has_begun),
        }
    }

    /// Returns whether a part of the response has come.
    pub(crate) fn response_has_begun(&self) -> bool {
        self.response_has_begun.load(Relaxed)
    }

    pub(crate) fn abort(self) {
        match self.socket {
            Shutdown::Agent(agent) => agent.shutdown(),
            Shutdown::Slot(slot) => slot.shut_down(),
        }
    }
}
