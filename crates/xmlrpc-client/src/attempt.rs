//! One call, by a name of its own: what can be cancelled.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::transport::{AbortHandle, Terms};
use crate::{Error, FromValue, IntoParams, ServerProxy};

/// One call that is about to be made, of [`ServerProxy::attempt`].
///
/// It serves for one call, so that whoever holds its [`Canceller`] can't hit another by
/// coming late.
///
/// ```no_run
/// # use std::{thread, time::{Duration, Instant}};
/// # use xmlrpc_client::{Error, ServerProxy};
/// let server = ServerProxy::new("localhost:9000")?;
/// let attempt = server.attempt().deadline(Instant::now() + Duration::from_secs(60));
/// let canceller = attempt.canceller();
/// thread::spawn(move || {
///     thread::sleep(Duration::from_secs(5));
///     canceller.cancel();
/// });
/// match attempt.call::<String>("factoriz_sum", ("23434252232434",)) {
///     Err(Error::Cancelled) => { /* after five seconds */ }
///     other => assert_eq!(other?, "50914"),
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
#[must_use = "an attempt does nothing until it calls"]
pub struct Attempt<'a> {
    proxy: &'a ServerProxy,
    deadline: Option<Instant>,
    id: Option<String>,
    state: Arc<Mutex<State>>,
}

/// Cancels the call of one [`Attempt`], from any thread, at any time.
#[derive(Debug, Clone)]
pub struct Canceller(Arc<Mutex<State>>);

#[derive(Debug)]
enum State {
    /// Nothing has been sent yet.
    Ready,
    Running(AbortHandle),
    Cancelled,
    /// The call has returned.
    Done,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(proxy: &'a ServerProxy) -> Self {
        Attempt {
            proxy,
            deadline: None,
            id: None,
            state: Arc::new(Mutex::new(State::Ready)),
        }
    }

    /// The same, to be over at `at`: what is left of the time-outs is cut to it.
    ///
    /// The server is told, in the header `Reparte-Deadline-Ms`, how long its answer is
    /// waited for: to this deadline, or for the time-outs of the
    /// [`Options`](crate::Options) if that is less.
    pub fn deadline(self, at: Instant) -> Self {
        Attempt {
            deadline: Some(at),
            ..self
        }
    }

    /// The same, known to the server by `id`, which the header `Reparte-Call` carries: one
    /// of xmlrpc-server lists it in `reparte.status()`, and ends the call at
    /// `reparte.cancel(id)`; another takes no notice.
    ///
    /// An `id` with anything but letters, digits, `-`, `_` and `.` of ASCII is not sent.
    pub fn call_id(self, id: impl Into<String>) -> Self {
        let id = id.into();
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        Attempt {
            id: Some(id).filter(|id| id.bytes().all(is_plain)),
            ..self
        }
    }

    /// What cancels the call.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        Canceller(Arc::clone(&self.state))
    }

    /// Makes the call, as [`ServerProxy::call`] does.
    ///
    /// # Errors
    ///
    /// Those of [`ServerProxy::call`], and [`Error::Cancelled`] if it was cancelled
    /// before it returned, or even before it began.
    pub fn call<R: FromValue>(self, method: &str, params: impl IntoParams) -> Result<R, Error> {
        let running = |abort_handle| {
            let mut state = lock(&self.state);
            if let State::Cancelled = *state {
                return Err(Error::Cancelled);
            }
            *state = State::Running(abort_handle);
            Ok(())
        };
        let terms = Terms {
            deadline: self.deadline,
            id: self.id.as_deref(),
        };
        let params = params.into_params().map_err(Error::Unrepresentable)?;
        let posted = self.proxy.post(method, &params, terms, running)?;
        // From here on nobody can break the connection off: only now may another call have it.
        if let State::Cancelled = mem::replace(&mut *lock(&self.state), State::Done) {
            return Err(Error::Cancelled);
        }
        let value = self.proxy.finish(posted)?;
        R::from_value(value).map_err(Error::Mismatch)
    }
}

impl Canceller {
    /// Makes the call return [`Error::Cancelled`]: at once if it waits for the server,
    /// after at most [`connect_timeout`](crate::Options::connect_timeout) if it is about
    /// to connect. A call that has not begun will not; one that has returned is left
    /// alone. Never blocks.
    ///
    /// The connection is closed, which a server may or may not notice: the function may
    /// go on to run there.
    pub fn cancel(&self) {
        let mut state = lock(&self.0);
        if let State::Done = *state {
            return;
        }
        let before = mem::replace(&mut *state, State::Cancelled);
        drop(state);
        if let State::Running(abort_handle) = before {
            abort_handle.cut();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // Each change is one assignment: a poisoned state is whole.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
