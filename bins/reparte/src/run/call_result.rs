//! The result of a call, with the figures of the call.

use std::sync::Arc;
use std::time::Duration;

use xmlrpc_client::Value;

/// The result of a task's function, and the call that gave it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CallResult {
    pub(super) value: Value,
    /// The name of the server that gave it, or of the worker.
    pub(super) server: Arc<str>,
    /// The duration of the call that gave it.
    pub(super) time: Duration,
    /// The number of calls of the task, up to this one.
    pub(super) attempts: u32,
    /// The error output of the program, if it was asked for.
    pub(super) errors: Option<String>,
}
