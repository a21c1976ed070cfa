//! The refusals of the hyper front alone.

use crate::front::refusal::Refusal;

impl Refusal {
    /// Basic is the only scheme that browsers and older clients can answer with.
    pub(crate) const UNAUTHORIZED: Refusal = Refusal::new(401, "this server asks for a token\n")
        .with_header("WWW-Authenticate", "Basic realm=\"XML-RPC\"");
    pub(crate) const FAILED: Refusal = Refusal::new(500, "the server failed\n");
    pub(crate) const CANCELLED: Refusal = Refusal::new(500, "the call was cancelled\n");
    pub(crate) const BUSY: Refusal =
        Refusal::new(503, "every worker computes and the queue is full\n")
            .with_header("Retry-After", "1");
    /// The function has refused the call, which could not begin.
    pub(crate) const NO_ROOM: Refusal =
        Refusal::new(503, "the machine has no room for the call at the moment\n")
            .with_header("Retry-After", "1");
    /// The function was running, or has run. Clients tell it from `LATE_IN_QUEUE` by the text.
    pub(crate) const LATE: Refusal = Refusal::new(504, "the call's deadline has passed\n");
    pub(crate) const LATE_IN_QUEUE: Refusal =
        Refusal::new(504, "the call's deadline passed before it ran\n");
}
