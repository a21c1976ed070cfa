//! The handle that aborts the call on a connection.

use std::sync::Arc;

use ureq::Agent;

use crate::progress::CallProgress;

/// Aborts the call on one connection, from any thread. The connection is of no use after
/// that.
#[derive(Debug)]
pub(crate) struct AbortHandle {
    agent: Agent,
    progress: Arc<CallProgress>,
}

impl AbortHandle {
    /// Returns a handle that shuts down this agent, and with it the socket that it has.
    pub(crate) fn new(agent: &Agent, progress: &Arc<CallProgress>) -> Self {
        AbortHandle {
            agent: agent.clone(),
            progress: Arc::clone(progress),
        }
    }

    /// Returns whether a part of the response has come.
    pub(crate) fn response_has_begun(&self) -> bool {
        self.progress.response_has_begun()
    }

    pub(crate) fn abort(self) {
        self.agent.shutdown();
    }
}
