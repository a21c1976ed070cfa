//! The events of a run, and the channel to those that observe it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::error::call::CallError;
use crate::error::task::TaskErrorKind;
use crate::error::try_next::TryNextError;
use crate::ids::{CallId, TaskId};
use crate::plan::action::{CallReason, WaitCause};
use crate::summary::server::ServerState;

/// Something that has happened in a run. Each variant is named after its subject: a task, a
/// call, a server, or the run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A task was sent.
    #[non_exhaustive]
    TaskSent {
        /// The task.
        task: TaskId,
    },
    /// A call was started.
    #[non_exhaustive]
    CallStarted {
        /// The task.
        task: TaskId,
        /// The call.
        call: CallId,
        /// The name of the server.
        server: Arc<str>,
        /// The reason for the call.
        reason: CallReason,
        /// The time since the start of the run.
        at: Duration,
    },
    /// A call is no longer waited for: it has exceeded its time limit, or its server was
    /// restarted. It keeps its slot until it has [returned](Self::CallReturned).
    #[non_exhaustive]
    CallLost {
        /// The task.
        task: TaskId,
        /// The call.
        call: CallId,
        /// The name of the server.
        server: Arc<str>,
        /// The error that the call counts as.
        error: CallError,
        /// The time since the start of the run.
        at: Duration,
    },
    /// A call has returned, and its slot is free.
    ///
    /// Every call that was started returns once, except those that are in flight when the
    /// run ends. If the call ends its task, [`TaskDone`](Self::TaskDone) or
    /// [`TaskFailed`](Self::TaskFailed) follows.
    #[non_exhaustive]
    CallReturned {
        /// The task.
        task: TaskId,
        /// The call.
        call: CallId,
        /// The name of the server.
        server: Arc<str>,
        /// The end of the call.
        end: CallEnd,
        /// The time since the start of the run.
        at: Duration,
    },
    /// A task has its result.
    #[non_exhaustive]
    TaskDone {
        /// The task.
        task: TaskId,
        /// The name of the server that gave the result, or of its worker.
        server: Arc<str>,
    },
    /// A task that was sent has its result from the journal.
    #[non_exhaustive]
    TaskResumed {
        /// The task.
        task: TaskId,
    },
    /// A task has ended without a result.
    #[non_exhaustive]
    TaskFailed {
        /// The task.
        task: TaskId,
        /// The kind of its error.
        kind: TaskErrorKind,
    },
    /// A server was set aside after a failure: it gets no calls for a while.
    #[non_exhaustive]
    ServerSetAside {
        /// The name of the server.
        server: Arc<str>,
        /// The time, from now, after which it is tried again.
        wait: Duration,
        /// The state of the server from now on.
        state: ServerState,
        /// The server's last error, which is the reason.
        error: Option<CallError>,
    },
    /// A server that was set aside has answered, and is in use again.
    #[non_exhaustive]
    ServerTakenBack {
        /// The name of the server.
        server: Arc<str>,
    },
    /// No other server is left: this [fallback](crate::RepartidorBuilder::fallback) is in
    /// use from now on.
    #[non_exhaustive]
    ReserveInUse {
        /// The name of the server.
        server: Arc<str>,
    },
    /// A server gets no more calls in this run.
    #[non_exhaustive]
    ServerOut {
        /// The name of the server.
        server: Arc<str>,
        /// The state of the server from now on: [out](ServerState::Out), in
        /// [quarantine](ServerState::Quarantined) or [removed](ServerState::Removed).
        state: ServerState,
        /// The server's last error, which is the reason unless it was removed.
        error: Option<CallError>,
    },
    /// Several instances of a server answer at one address, behind a proxy that spreads the
    /// calls: a status says nothing about any one call.
    #[non_exhaustive]
    SeveralInstances {
        /// The name of the address.
        server: Arc<str>,
    },
    /// Tasks wait for some seconds already, and no server is to take them now.
    #[non_exhaustive]
    Waiting {
        /// The reason.
        cause: WaitCause,
        /// The time, from now, after which the run ends if nothing changes, or those tasks whose
        /// failures a [second opinion](WaitCause::SecondOpinion) is to confirm; `None` if the wait
        /// does not end them.
        limit: Option<Duration>,
    },
    /// The wait is over.
    WaitingEnded,
    /// A server was added to the run.
    #[non_exhaustive]
    ServerAdded {
        /// The name of the server.
        server: Arc<str>,
    },
    /// The run has ended. This is its last event.
    RunEnded,
    /// A [worker](crate::Destino::has_workers) of the server has begun to work on a call, or has
    /// taken it over.
    #[non_exhaustive]
    CallBegan {
        /// The task.
        task: TaskId,
        /// The call.
        call: CallId,
        /// The name of the server.
        server: Arc<str>,
        /// The name of the worker.
        worker: Arc<str>,
        /// The time since the start of the run at which it began.
        at: Duration,
    },
    /// A server gets no more calls, since the median of them would not end in the [time that it
    /// has left](crate::Status::time_left), or gets calls again. Told at each change.
    #[non_exhaustive]
    ServerTimeLeft {
        /// The name of the server.
        server: Arc<str>,
        /// It has enough time left for a call.
        is_enough: bool,
    },
    /// A server is the same instance as another one that is in use: it gets no calls under this
    /// name while that lasts. [`ServerTakenBack`](Self::ServerTakenBack) ends that, or
    /// [`ServerSetAside`](Self::ServerSetAside).
    #[non_exhaustive]
    ServerAlias {
        /// The name of the server.
        server: Arc<str>,
        /// The name of the server in use.
        of: Arc<str>,
    },
}

/// The end of a call that has returned.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallEnd {
    /// The result of its task.
    Result,
    /// A failure.
    Failed(CallError),
    /// A cancellation; what the call brought is discarded: another call of its task was
    /// faster, the task was cancelled, or the call was [lost](Event::CallLost).
    Cancelled,
}

/// The events of a run since the call of [`Handle::events`](crate::Handle::events): an
/// iterator that ends with the run.
///
/// The run never waits for the reader. An event that finds the buffer full is dropped, and
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
    /// [`TryNextError::Empty`] if no event waits to be read, and
    /// [`TryNextError::Ended`] after the last event.
    pub fn try_next(&mut self) -> Result<Event, TryNextError> {
        Ok(self.events.try_recv()?)
    }

    /// Returns the next event, and waits for it, `timeout` at most.
    ///
    /// # Errors
    ///
    /// [`TryNextError::Empty`] if no event came in that time, and
    /// [`TryNextError::Ended`] after the last event.
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Event, TryNextError> {
        Ok(self.events.recv_timeout(timeout)?)
    }

    /// Returns the number of events that were dropped because the buffer was full.
    #[must_use]
    pub fn missed(&self) -> u64 {
        // Relaxed: the count orders nothing else.
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

/// The sending half of [`Events`].
pub(crate) struct Observer {
    events: Sender<Event>,
    missed: Arc<AtomicU64>,
}

/// Creates an observer and its reader, with room for `capacity` unread events, at least 1.
pub(crate) fn observer(capacity: usize) -> (Observer, Events) {
    let (sender, events) = bounded(capacity.max(1));
    let missed = Arc::new(AtomicU64::new(0));
    let observer = Observer {
        events: sender,
        missed: Arc::clone(&missed),
    };
    (observer, Events { events, missed })
}

impl Observer {
    /// Sends an event, or counts it as missed if the buffer is full. Returns false if the
    /// reader is gone.
    pub(crate) fn send(&self, event: Event) -> bool {
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
