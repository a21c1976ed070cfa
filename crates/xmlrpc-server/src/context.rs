//! The context of a call: who calls, until when, and whether the answer is still wanted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use xmlrpc_wire::Dialect;

/// The context of a call, for the function that answers it: who calls, until when the answer
/// is wanted, and whether it still is.
///
/// A function gets it as its first argument, by reference, if it takes one:
///
/// ```
/// use xmlrpc_server::{Context, Fault, Service};
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
/// Clones share the cancellation and the refusal: they are of the same call.
#[derive(Debug, Clone, Default)]
pub struct Context {
    method: String,
    id: Option<String>,
    peer: Option<SocketAddr>,
    peer_user: Option<u32>,
    deadline: Option<Instant>,
    /// The dialect of the answer, if the call's document shows one.
    dialect: Option<Dialect>,
    cancelled: Arc<AtomicBool>,
    refused: Arc<AtomicBool>,
}

impl Context {
    /// Returns a context without a peer, an id or a deadline.
    pub fn new() -> Self {
        Context::default()
    }

    /// Returns the context with the client's address.
    #[must_use]
    pub fn with_peer(mut self, peer: SocketAddr) -> Self {
        self.peer = Some(peer);
        self
    }

    /// Returns the context with the number of the client's user.
    #[must_use]
    pub fn with_peer_user(mut self, user: u32) -> Self {
        self.peer_user = Some(user);
        self
    }

    /// Returns the context with the client's id for the call, by which `reparte.cancel` finds it.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Returns the context with a deadline, after which the call counts as cancelled.
    #[must_use]
    pub fn with_deadline(mut self, at: Instant) -> Self {
        self.deadline = Some(at);
        self
    }

    /// Returns the context with the name of the method.
    pub(crate) fn with_method(mut self, method: String) -> Self {
        self.method = method;
        self
    }

    /// Returns the context with the dialect of the answer.
    pub(crate) fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// Returns the dialect of the answer, if the call's document shows one.
    pub(crate) fn dialect(&self) -> Option<&Dialect> {
        self.dialect.as_ref()
    }

    /// Returns the name of the method, with the prefix of its group.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Returns the client's id for the call, if it gave one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns the client's address, if the front knows it. A client of a Unix socket has none.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Returns the number (uid) of the user who runs the client, if the client has connected to a
    /// Unix socket, and the system tells it.
    pub fn peer_user(&self) -> Option<u32> {
        self.peer_user
    }

    /// Returns the moment after which the answer is of no use.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Returns the time until the deadline: zero if it has passed, `None` if there is none.
    pub fn time_left(&self) -> Option<Duration> {
        let left = |at: Instant| at.saturating_duration_since(Instant::now());
        self.deadline.map(left)
    }

    /// Returns whether nobody wants the answer any more: the client has disconnected, the
    /// call was cancelled, or its deadline has passed. Cheap enough for an inner loop.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(SeqCst) || self.time_left().is_some_and(|left| left.is_zero())
    }

    /// Returns the flag behind [`is_cancelled`](Context::is_cancelled), for code that takes a
    /// flag. The hyper front sets it at the deadline too; the tiny one does not.
    pub fn cancel_flag(&self) -> &Arc<AtomicBool> {
        &self.cancelled
    }

    /// Refuses the call, as the server has no room for it at the moment: the hyper front answers
    /// with HTTP status 503 in place of the function's result, and a client may try again, here
    /// or elsewhere.
    ///
    /// It is for a function that could not begin, such as one to which the system gives no
    /// process. Elsewhere the function's own answer counts: without that front, and for a call
    /// inside `system.multicall`.
    pub fn refuse(&self) {
        self.refused.store(true, SeqCst);
    }

    /// Returns whether the call was [refused](Context::refuse).
    pub fn is_refused(&self) -> bool {
        self.refused.load(SeqCst)
    }

    /// Returns the context with a refusal of its own: it refuses no other call.
    pub(crate) fn with_own_refusal(mut self) -> Self {
        self.refused = Arc::default();
        self
    }

    /// Cancels the call: tells its function that nobody wants the answer any more.
    pub fn cancel(&self) {
        self.cancelled.store(true, SeqCst);
    }
}
