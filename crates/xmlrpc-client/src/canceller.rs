//! The canceller of one call.
//!
//! | from | when | to |
//! | --- | --- | --- |
//! | `Ready` | a connection for the call is chosen | `Running` with that connection |
//! | `Running` | the call moves to another connection: a new one for a stale one, or a redirect's | `Running` with the other |
//! | `Ready`, `Running` | [`cancel`](Canceller::cancel) | `Cancelled`, and the connection is aborted |
//! | `Running` | the response is there, or an error | `Done` |
//! | `Cancelled` | the call is about to use a connection, or has ended | `Cancelled` or `Done`; the call returns [`Error::Cancelled`] |
//! | `Done` | [`cancel`](Canceller::cancel) | `Done`: nothing happens |

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::abort_handle::AbortHandle;
use crate::error::Error;

/// Cancels the call of one [`Attempt`](crate::Attempt), from any thread, at any time.
#[derive(Debug, Clone)]
pub struct Canceller(Arc<Mutex<State>>);

#[derive(Debug)]
enum State {
    /// Nothing has been sent yet.
    Ready,
    /// The call runs on the connection that this aborts, and no other call does.
    Running(AbortHandle),
    /// The call has been cancelled, and has not returned yet.
    Cancelled,
    /// The call has ended. Its connection may already serve another.
    Done,
}

impl Canceller {
    /// A canceller of a call that has not begun.
    pub(crate) fn new() -> Self {
        Canceller(Arc::new(Mutex::new(State::Ready)))
    }

    /// Makes the call return [`Error::Cancelled`]: at once if it waits for the server, and
    /// after at most [`connect_timeout`](crate::Options::connect_timeout) if it is about to
    /// connect. A call that has not begun is never sent. A call that has returned is not
    /// affected. Never blocks.
    ///
    /// The connection is closed. The server may or may not notice; the function may go on
    /// to run there.
    pub fn cancel(&self) {
        let mut state = self.state();
        if let State::Done = *state {
            return;
        }
        let before = mem::replace(&mut *state, State::Cancelled);
        // To abort takes a lock of ureq's, and closes a socket.
        drop(state);
        if let State::Running(connection) = before {
            connection.abort();
        }
    }

    /// Returns whether a part of the response has come, or the call has returned.
    #[must_use]
    pub fn response_has_begun(&self) -> bool {
        match &*self.state() {
            State::Ready | State::Cancelled => false,
            State::Running(connection) => connection.response_has_begun(),
            State::Done => true,
        }
    }

    /// Records the connection on which the call is about to run.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`] if the call has been cancelled: it must not be sent.
    pub(crate) fn start(&self, connection: AbortHandle) -> Result<(), Error> {
        let mut state = self.state();
        if let State::Cancelled = *state {
            return Err(Error::Cancelled);
        }
        *state = State::Running(connection);
        Ok(())
    }

    /// Records that the call has ended. From then on its connection can't be aborted, and
    /// may serve another call.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`] if the call has been cancelled: its connection is aborted.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        match mem::replace(&mut *self.state(), State::Done) {
            State::Cancelled => Err(Error::Cancelled),
            _ => Ok(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment: a poisoned state is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
