//! One request to a server.

use std::time::{Duration, Instant};

/// A call's document, and the headers and the time that belong to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The XML-RPC document.
    pub(crate) body: &'a [u8],
    /// The time by which the call must be over, if that is before the time-outs of the options.
    pub(crate) deadline: Option<Instant>,
    /// The time after `deadline` for which the response is still awaited.
    pub(crate) grace: Duration,
    /// The header `Reparte-Call`.
    pub(crate) call_id: Option<&'a str>,
}
