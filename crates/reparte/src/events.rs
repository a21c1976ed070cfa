//! What happens in a run, for whoever looks on.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::error::TryNextError;
use crate::{CallError, CallId, TaskErrorKind, TaskId};

/// Something that has happened in a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A task was sent.
    TaskSent {
        /// The task.
        task: TaskId,
    },
    /// A call of it was started.
    CallStarted {
        /// The task.
        task: TaskId,
        /// The call.
        call: CallId,
        /// The name of the server it was made to.
        server: Arc<str>,
        /// Why.
        reason: CallReason,
        /// When, from the start of the run.
        at: Duration,
    },
    /// A call is not waited for any longer: it has taken longer than it may, or
    /// its server was started anew. It keeps its slot until it has returned.
    CallLost {
        /// The task.
        task: TaskId,
        /// The call.
        call: CallId,
        /// The name of the server it was made to.
        server: Arc<str>,
        /// Why.
        error: CallError,
        /// When, from the start of the run.
        at: Duration,
    },
    /// A call has returned, and its slot is free. Each call that was started does
    /// so once, before its task's [`TaskDone`](Self::TaskDone) or
    /// [`TaskFailed`](Self::TaskFailed) if these come of it; those that the run's end
    /// leaves in flight do not.
    CallReturned {
        /// The task.
        task: TaskId,
        /// The call.
        call: CallId,
        /// The name of the server it was made to.
        server: Arc<str>,
        /// What it brought.
        end: CallEnd,
        /// When, from the start of the run.
        at: Duration,
    },
    /// A task has its result.
    TaskDone {
        /// The task.
        task: TaskId,
        /// The name of the server that gave it.
        server: Arc<str>,
    },
    /// A task that was sent has its result from the journal.
    TaskResumed {
        /// The task.
        task: TaskId,
    },
    /// A task has ended without one.
    TaskFailed {
        /// The task.
        task: TaskId,
        /// How.
        kind: TaskErrorKind,
    },
    /// A server was put aside.
    ServerSetAside {
        /// Its name.
        server: Arc<str>,
        /// Until when there are no calls to it, from now.
        wait: Duration,
        /// What it is now.
        state: crate::ServerState,
    },
    /// A server is in use again.
    ServerTakenBack {
        /// Its name.
        server: Arc<str>,
    },
    /// No other server is left: the one kept for that is in use.
    ReserveInUse {
        /// Its name.
        server: Arc<str>,
    },
    /// A server gets no more calls.
    ServerOut {
        /// Its name.
        server: Arc<str>,
        /// What it is now: [out](crate::ServerState::Out), in
        /// [quarantine](crate::ServerState::Quarantined), or it has
        /// [left](crate::ServerState::Removed).
        state: crate::ServerState,
    },
    /// A server has joined the run.
    ServerAdded {
        /// Its name.
        server: Arc<str>,
    },
    /// The run is over. Nothing follows.
    RunEnded,
}

/// Why a call was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallReason {
    /// It is the task's first.
    First,
    /// An earlier one failed, or its server says nothing.
    Retry,
    /// The task takes long, and a slot had nothing else to do.
    Hedge,
}

/// What a call that has returned has brought.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallEnd {
    /// Its task's result.
    Result,
    /// An error.
    Failed(CallError),
    /// Nothing that is wanted: it was cancelled, since another call of its task
    /// was quicker, or since the task was cancelled or the call
    /// [lost](Event::CallLost).
    Cancelled,
}

/// The events of a run from [`Handle::events`](crate::Handle::events) on:
/// an iterator that ends with the run.
///
/// The run never waits for its reader. What does not fit is left out, and
/// [counted](Self::missed).
pub struct Events {
    events: Receiver<Event>,
    missed: Arc<AtomicU64>,
}

impl Events {
    /// Returns the next event, if there is one already.
    ///
    /// # Errors
    ///
    /// [`TryNextError::Empty`] if nothing waits to be read, and
    /// [`TryNextError::Ended`] after the last event.
    pub fn try_next(&mut self) -> Result<Event, TryNextError> {
        Ok(self.events.try_recv()?)
    }

    /// Returns the next event; waits for it, `timeout` at most.
    ///
    /// # Errors
    ///
    /// [`TryNextError::Empty`] if none has come in that time, and
    /// [`TryNextError::Ended`] after the last event.
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Event, TryNextError> {
        Ok(self.events.recv_timeout(timeout)?)
    }

    /// How many events did not fit.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed.load(Relaxed)
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.events.recv().ok()
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("waiting", &self.events.len())
            .field("missed", &self.missed())
            .finish()
    }
}

/// The engine's end.
pub(crate) struct Observer {
    events: Sender<Event>,
    missed: Arc<AtomicU64>,
}

/// An observer with room for so many events, and where they are read.
pub(crate) fn observer(room: usize) -> (Observer, Events) {
    let (sender, events) = bounded(room.max(1));
    let missed = Arc::new(AtomicU64::new(0));
    let observer = Observer {
        events: sender,
        missed: Arc::clone(&missed),
    };
    (observer, Events { events, missed })
}

impl Observer {
    /// Tells of an event, if there is room: false if nobody listens any more.
    pub(crate) fn tell(&self, event: Event) -> bool {
        match self.events.try_send(event) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                self.missed.fetch_add(1, Relaxed);
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }
}
