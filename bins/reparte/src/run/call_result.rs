//! What a call brings.

use std::sync::Arc;
use std::time::Duration;

use xmlrpc_client::Value;

/// A result, and how it was had.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CallResult {
    pub(super) value: Value,
    /// The name of the server that gave it.
    pub(super) server: Arc<str>,
    /// How long the call took that brought it.
    pub(super) time: Duration,
    /// How many calls of the task were made until then.
    pub(super) attempts: u32,
}
