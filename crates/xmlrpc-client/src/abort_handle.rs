//! The handle that aborts the call on a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use ureq::Agent;

/// Aborts the call on one connection, from any thread. The connection is of no use after
/// that.
#[derive(Debug)]
pub(crate) struct AbortHandle {
    agent: Agent,
    /// A part of the call's response has come. Nothing else depends on it: `Relaxed` is enough.
    response_has_begun: Arc<AtomicBool>,
}

impl AbortHandle {
    /// Returns a handle that shuts down this agent, and with it the socket that it has.
    pub(crate) fn new(agent: &Agent, response_has_begun: &Arc<AtomicBool>) -> Self {
        AbortHandle {
            agent: agent.clone(),
            response_has_begun: Arc::clone(response_has_begun),
        }
    }

    /// Returns whether a part of the response has come.
    pub(crate) fn response_has_begun(&self) -> bool {
        self.response_has_begun.load(Relaxed)
    }

    pub(crate) fn abort(self) {
        self.agent.shutdown();
    }
}
