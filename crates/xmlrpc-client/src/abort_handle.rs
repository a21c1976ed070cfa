//! The handle that aborts the call on a connection.

use ureq::Agent;

/// Aborts the call on one connection, from any thread. The connection is of no use after
/// that.
#[derive(Debug)]
pub(crate) struct AbortHandle(Agent);

impl AbortHandle {
    /// Returns a handle that shuts down this agent, and with it the socket that it has.
    pub(crate) fn new(agent: &Agent) -> Self {
        AbortHandle(agent.clone())
    }

    pub(crate) fn abort(self) {
        self.0.shutdown();
    }
}
