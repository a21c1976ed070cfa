//! The handle that stops servers.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A handle that stops the servers that have it, from any thread.
///
/// Clones are the same handle. A server that is started with one that has been stopped
/// already ends at once.
///
/// [`stop`](Stop::stop) takes a lock, so a signal handler must not call it. A thread that
/// waits for signals, as signal-hook's iterator does, may.
///
/// ```
/// # use xmlrpc_server::Stop;
/// let stop = Stop::new();
/// let in_a_signal_thread = stop.clone();
/// in_a_signal_thread.stop();
/// assert!(stop.is_stopped());
/// ```
#[derive(Clone, Default)]
pub struct Stop {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    stopped: bool,
    /// Actions to run at the stop, each with the id of its hook. Empty once stopped.
    hooks: Vec<(u64, Action)>,
    next_id: u64,
}

type Action = Box<dyn FnOnce() + Send>;

impl Stop {
    /// Returns a handle that has not been stopped.
    pub fn new() -> Self {
        Stop::default()
    }

    /// Tells the servers to end: they accept no new connections, finish the running calls,
    /// and end. A second stop changes nothing.
    pub fn stop(&self) {
        let hooks = {
            let mut state = self.lock();
            state.stopped = true;
            mem::take(&mut state.hooks)
        };
        // An action may take locks of its own: it runs outside this one.
        for (_, action) in hooks {
            action();
        }
    }

    /// Returns whether [`stop`](Stop::stop) has been called.
    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Runs `action` once at the stop, or now if that has been, unless the hook is dropped
    /// before.
    pub(crate) fn hook(&self, action: impl FnOnce() + Send + 'static) -> Hook {
        let mut state = self.lock();
        let id = state.next_id;
        state.next_id += 1;
        if state.stopped {
            drop(state);
            action();
        } else {
            state.hooks.push((id, Box::new(action)));
        }
        Hook {
            stop: self.clone(),
            id,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop")
            .field("stopped", &self.is_stopped())
            .finish()
    }
}

/// An action to run at the stop, which is taken back when this is dropped.
#[derive(Debug)]
pub(crate) struct Hook {
    stop: Stop,
    id: u64,
}

impl Drop for Hook {
    fn drop(&mut self) {
        let mut state = self.stop.lock();
        let at = state.hooks.iter().position(|(id, _)| *id == self.id);
        let action = at.map(|at| state.hooks.swap_remove(at));
        // The drop of what the action holds may take time: it runs outside the lock.
        drop(state);
        drop(action);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn an_action_runs_once_at_the_stop_or_at_once_after_it() {
        let stop = Stop::new();
        let runs = Arc::new(AtomicUsize::new(0));
        let count = |runs: &Arc<AtomicUsize>| {
            let runs = Arc::clone(runs);
            move || {
                runs.fetch_add(1, Ordering::SeqCst);
            }
        };
        let _kept = stop.hook(count(&runs));
        drop(stop.hook(count(&runs)));
        assert!(!stop.is_stopped());
        stop.stop();
        stop.stop();
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        let _late = stop.hook(count(&runs));
        assert_eq!(runs.load(Ordering::SeqCst), 2);
    }
}
