//! What a function may know of the call that it answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// A call, as the function that answers it may see it: who calls, how long the answer
/// is waited for, and whether it still is.
///
/// A function that wants it takes it as its first argument, by reference:
///
/// ```
/// use xmlrpc_server::{Context, Service};
/// use xmlrpc_wire::Fault;
///
/// let mut service = Service::new();
/// service.register("count", |call: &Context, to: u32| {
///     for _ in 0..to {
///         if call.is_cancelled() {
///             return Err(Fault::application("nobody waits any more"));
///         }
///         // ... a step of a long computation ...
///     }
///     Ok(to)
/// })?;
/// # Ok::<(), xmlrpc_server::Error>(())
/// ```
///
/// Clones speak of the same call.
#[derive(Debug, Clone, Default)]
pub struct Context {
    method: String,
    id: Option<String>,
    peer: Option<SocketAddr>,
    deadline: Option<Instant>,
    cancelled: Arc<AtomicBool>,
}

impl Context {
    /// A call from nowhere, without a deadline.
    pub fn new() -> Self {
        Context::default()
    }

    /// The same, made by `peer`.
    #[must_use]
    pub fn with_peer(mut self, peer: SocketAddr) -> Self {
        self.peer = Some(peer);
        self
    }

    /// The same, with a name of the client's own, by which `reparte.cancel` finds it.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The same, to be over at `at`.
    #[must_use]
    pub fn with_deadline(mut self, at: Instant) -> Self {
        self.deadline = Some(at);
        self
    }

    pub(crate) fn with_method(mut self, method: String) -> Self {
        self.method = method;
        self
    }

    /// The name that was called, whole.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// What the client calls this call, where it has said so.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The client's address, where the front knows it.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// When the answer is of no use any more.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The time until the deadline; zero when that has passed, `None` without one.
    pub fn time_left(&self) -> Option<Duration> {
        let left = |at: Instant| at.saturating_duration_since(Instant::now());
        self.deadline.map(left)
    }

    /// Whether nobody wants the answer any more: the client has gone, the call was
    /// cancelled, or its deadline has passed. Cheap enough for an inner loop.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(SeqCst) || self.time_left().is_some_and(|left| left.is_zero())
    }

    /// The flag behind [`is_cancelled`](Context::is_cancelled), for what takes a flag.
    /// The hyper front sets it at the deadline too.
    pub fn cancel_flag(&self) -> &Arc<AtomicBool> {
        &self.cancelled
    }

    /// Tells the function that nobody wants its answer any more.
    pub fn cancel(&self) {
        self.cancelled.store(true, SeqCst);
    }
}
