//! The place of a socket's handle, which another thread shuts down.

use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

use ureq::unversioned::transport::ShutdownHandle;

/// The handle of the one socket of a call.
///
/// | from | when | to |
/// | --- | --- | --- |
/// | `Empty` | the socket is there | `Filled` |
/// | `Empty`, `Filled` | the call is aborted | `ShutDown`, and so is the socket |
/// | `ShutDown` | the socket is there | `ShutDown`; the call fails |
#[derive(Default)]
pub(crate) struct ShutdownSlot(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Empty,
    Filled(Weak<dyn ShutdownHandle>),
    ShutDown,
}

impl ShutdownSlot {
    /// Puts a socket's handle here, before anything is waited for on the socket.
    ///
    /// # Errors
    ///
    /// The call is aborted already.
    pub(crate) fn register(&self, handle: Weak<dyn ShutdownHandle>) -> io::Result<()> {
        let mut state = self.state();
        if let State::ShutDown = *state {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        *state = State::Filled(handle);
        Ok(())
    }

    pub(crate) fn shut_down(&self) {
        let before = std::mem::replace(&mut *self.state(), State::ShutDown);
        if let State::Filled(handle) = before
            && let Some(handle) = handle.upgrade()
        {
            handle.shutdown();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment: a poisoned state is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ShutdownSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShutdownSlot").finish_non_exhaustive()
    }
}
