//! The destinations: the trait [`Destino`], and a call as it sees it.

#[cfg(feature = "xmlrpc")]
mod address;
#[cfg(feature = "xmlrpc")]
mod client_error;
#[cfg(feature = "xmlrpc")]
mod control_client;
pub(crate) mod from_fn;
pub(crate) mod local;
mod worker_notes;
#[cfg(feature = "xmlrpc")]
pub(crate) mod xmlrpc;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::destino::worker_notes::WorkerNotes;
pub(crate) use crate::destino::worker_notes::{WorkerEvent, WorkerNote};
use crate::error::call::CallError;
use crate::ids::{CallId, TaskId};

/// One call of a task, as a [`Destino`] sees it besides the arguments.
///
/// Clones are of the same call: a cancelled one is cancelled in all of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// The call's number, by which it can be [cancelled](Destino::cancel).
    pub id: CallId,
    /// The moment at which to give up, if there is a
    /// [time limit](crate::Options::time_limit). The destination enforces it.
    pub deadline: Option<Instant>,
    /// The task that the dispatcher makes the call for. Several calls may be of one task.
    pub task: Option<TaskId>,
    cancelled: Arc<AtomicBool>,
    avoided: Arc<[Arc<str>]>,
    notes: Arc<WorkerNotes>,
}

impl Call {
    /// Creates a call without a deadline, such as a unit test of a [`Destino`] needs.
    ///
    /// ```
    /// use reparte::{Call, CallError, CallId, Destino, ErrorKind, Local};
    ///
    /// let pool = Local::new(|n: &u32, call: &Call| match call.is_cancelled() {
    ///     true => Err(CallError::new(ErrorKind::Cancelled, "on request")),
    ///     false => Ok(n * n),
    /// });
    /// let call = Call::new(CallId::new(0));
    /// assert_eq!(pool.call(&7, &call).ok(), Some(49));
    /// call.cancel();
    /// let error = pool.call(&7, &call).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Cancelled);
    /// ```
    #[must_use]
    pub fn new(id: CallId) -> Self {
        Self {
            id,
            deadline: None,
            task: None,
            cancelled: Arc::default(),
            avoided: Arc::default(),
            notes: Arc::default(),
        }
    }

    /// Sets the deadline.
    #[must_use]
    pub fn with_deadline(self, deadline: Instant) -> Self {
        Self {
            deadline: Some(deadline),
            ..self
        }
    }

    /// Sets the task.
    #[must_use]
    pub fn with_task(self, task: TaskId) -> Self {
        Self {
            task: Some(task),
            ..self
        }
    }

    /// Sets the [workers](Destino::has_workers) that are not to take it.
    #[must_use]
    pub fn with_avoided(self, workers: impl IntoIterator<Item = Arc<str>>) -> Self {
        Self {
            avoided: workers.into_iter().collect(),
            ..self
        }
    }

    /// Returns the call with a listener to the notes that its work has begun, or its worker was lost.
    pub(crate) fn with_listener(
        self,
        listen: impl Fn(WorkerEvent) + Send + Sync + 'static,
    ) -> Self {
        Self {
            notes: Arc::new(WorkerNotes::with_listener(listen)),
            ..self
        }
    }

    /// Returns the names of the [workers](Destino::has_workers) that are not to take it: they have
    /// failed its task, are at work on it, or are on trial. The list is as of the start of the
    /// call. Where no other worker is there, one of them takes it all the same.
    #[must_use]
    pub fn avoided(&self) -> &[Arc<str>] {
        &self.avoided
    }

    /// Notes that a [worker](Destino::has_workers) has begun the work on it, and has been at work
    /// for this long. From any thread, while no lock is held that [`Destino::cancel`] takes; and
    /// again if another worker takes the work over.
    ///
    /// Time limits and hedges count from here.
    pub fn note_begun(&self, worker: &str, at_work: Duration) {
        let worker = Arc::from(worker);
        self.notes.note_begun(WorkerNote { worker, at_work });
    }

    /// Notes that a [worker](Destino::has_workers) was lost while it was at work on it, even if its
    /// begin was not noted. Its destination gives the call to another one, or gives it up. From any
    /// thread, as [`note_begun`](Self::note_begun).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use reparte::{Call, CallId};
    /// let call = Call::new(CallId::new(0));
    /// call.note_begun("north-2", Duration::ZERO);
    /// call.note_lost("north-2");
    /// assert_eq!(call.worker(), None);
    /// ```
    pub fn note_lost(&self, worker: &str) {
        self.notes.note_lost(worker.into());
    }

    /// Notes that a [worker](Destino::has_workers) can't do its task, and has given it back: it is not
    /// waited for if others fail the task. From any thread, as [`note_begun`](Self::note_begun), and
    /// before the call returns.
    pub fn note_unfit(&self, worker: &str) {
        self.notes.note_unfit(worker.into());
    }

    /// Notes which [worker](Destino::has_workers) the outcome is of, and for how long it was at
    /// work, before the call returns.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use reparte::{Call, CallId};
    /// let call = Call::new(CallId::new(0));
    /// call.note_worker("north-2", Duration::from_millis(80));
    /// assert_eq!(call.worker().as_deref(), Some("north-2"));
    /// ```
    pub fn note_worker(&self, worker: &str, at_work: Duration) {
        let worker = Arc::from(worker);
        self.notes.note(WorkerNote { worker, at_work });
    }

    /// Returns the name of the worker that was noted last.
    #[must_use]
    pub fn worker(&self) -> Option<Arc<str>> {
        self.worker_note().map(|note| note.worker)
    }

    /// Returns the last note of a worker.
    pub(crate) fn worker_note(&self) -> Option<WorkerNote> {
        self.notes.last()
    }

    /// Returns true once nobody wants the result any more. Work that can stop half-way may
    /// ask from time to time.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(SeqCst)
    }

    /// Marks the call as cancelled. The dispatcher does so before it calls
    /// [`Destino::cancel`].
    pub fn cancel(&self) {
        // Sequentially consistent with whatever the destination keeps of its calls: of a
        // call that enters itself there and then looks here, and a dispatcher that marks
        // here and then looks there, at least one sees the other.
        self.cancelled.store(true, SeqCst);
    }
}

/// A server's report about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// A text that differs after each start of the server. The calls of an earlier start are
    /// lost.
    pub instance: String,
    /// The number of calls that the server takes at a time; 0 if it does not say.
    pub slots: usize,
    /// The names of the [workers](Destino::has_workers) that are there, if it has any.
    pub workers: Vec<Arc<str>>,
    /// The time after which the server ends, if it knows that.
    ///
    /// It gets no call that would not end in time by the median of the run's calls, and its end is
    /// no failure: calls that it breaks are made again elsewhere, and count as no attempt.
    pub time_left: Option<Duration>,
}

impl Status {
    /// Creates a report of a server's instance and number of slots.
    pub fn new(instance: impl Into<String>, slots: usize) -> Self {
        Self {
            instance: instance.into(),
            slots,
            workers: Vec::new(),
            time_left: None,
        }
    }

    /// Sets the time after which the server ends.
    #[must_use]
    pub fn with_time_left(self, time_left: Duration) -> Self {
        Self {
            time_left: Some(time_left),
            ..self
        }
    }

    /// Sets the workers that are there.
    #[must_use]
    pub fn with_workers(self, workers: impl IntoIterator<Item = Arc<str>>) -> Self {
        Self {
            workers: workers.into_iter().collect(),
            ..self
        }
    }
}

/// A destination: a server, or anything else that takes calls with arguments `A` and results
/// `R`.
///
/// It is called from as many threads at a time as it has [slots](Destino::slots).
/// [`from_fn`](crate::from_fn) makes a destination of a closure.
#[doc(alias("Destination", "Server", "Worker"))]
pub trait Destino<A, R>: Send + Sync {
    /// Returns the name under which the summary and the log show it, such as its address.
    fn name(&self) -> &str;

    /// Returns the number of calls that it takes at a time. Asked once, when it is added to
    /// a run. 1 by default.
    fn slots(&self) -> usize {
        1
    }

    /// Runs one call and returns its result. Blocks for as long as the call takes.
    ///
    /// A panic is caught, and counts as a failed call of the kind
    /// [`Panicked`](crate::ErrorKind::Panicked).
    ///
    /// # Errors
    ///
    /// A [`CallError`]. Its [kind](crate::ErrorKind) decides whether the task is retried,
    /// and whether the server is set aside.
    fn call(&self, args: &A, call: &Call) -> Result<R, CallError>;

    /// Makes a call in flight return soon, with any outcome, which is discarded. Must not
    /// block. Does nothing by default.
    ///
    /// Another thread calls this, and the call may have returned already, or be about to
    /// begin. A destination with a list of its calls misses none if each call first enters
    /// itself in the list, and then asks [`Call::is_cancelled`], which is set before this is
    /// called.
    fn cancel(&self, _call: CallId) {}

    /// Tells that a call that has returned needs nothing more: its result is in the run's
    /// [journal](crate::Journal), if there is one, or its failure is known. Must not block. Does
    /// nothing by default.
    ///
    /// A destination that keeps results until their client has them may forget this one. It is not
    /// told of a result that the journal could not take.
    fn settle(&self, _call: &Call) {}

    /// Returns true if [`status`](Self::status) can be asked. False by default: the
    /// dispatcher then knows the server only by how its calls end.
    fn has_status(&self) -> bool {
        false
    }

    /// Returns true if [`slots`](Self::slots) is a guess, which the number in the
    /// [status](Status::slots) replaces. False by default.
    fn learns_slots(&self) -> bool {
        false
    }

    /// Returns true if several workers are behind it, which have names. False by default.
    ///
    /// Failures are then blamed on the worker that had the call, and not on the destination. It
    /// lists its workers in its [status](Status::workers), notes which of them a call's outcome is
    /// of ([`Call::note_worker`]), and that one has begun to work on a call ([`Call::note_begun`]),
    /// within a second or so; until then, a call waits for a worker. It gives a call to no worker
    /// that this [avoids](Call::avoided). At the start of a run its status is asked for before its first
    /// call, by the thread that starts the run.
    ///
    /// A failure of the kinds `Unreachable`, `Unanswered`, `Busy`, `Refused` and `Cancelled` is the
    /// destination's own all the same.
    fn has_workers(&self) -> bool {
        false
    }

    /// Asks the server for its status, on a connection of its own, while its calls go on.
    /// `None` if the server can be reached, and does not report a status. One thread at a
    /// time asks.
    ///
    /// A server that has reported its status is asked every second, and counts as hung when
    /// it has not answered for two seconds. A server that was set aside is asked before it
    /// is used again, so that no task is risked. If it does not report a status, it gets one
    /// task as a trial instead.
    ///
    /// Should return within two seconds, whatever happens.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unreachable`](crate::ErrorKind::Unreachable) and the like if the server
    /// can't be reached, or does not answer. Another kind, such as
    /// [`ErrorKind::Http`](crate::ErrorKind::Http), says that something answers in place of the
    /// server, or can't now: it is asked again.
    fn status(&self) -> Result<Option<Status>, CallError> {
        Ok(None)
    }
}

macro_rules! forward {
    ($($pointer:ident),*) => {$(
        impl<A, R, D: Destino<A, R> + ?Sized> Destino<A, R> for $pointer<D> {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn slots(&self) -> usize {
                (**self).slots()
            }

            fn call(&self, args: &A, call: &Call) -> Result<R, CallError> {
                (**self).call(args, call)
            }

            fn cancel(&self, call: CallId) {
                (**self).cancel(call);
            }

            fn settle(&self, call: &Call) {
                (**self).settle(call);
            }

            fn has_status(&self) -> bool {
                (**self).has_status()
            }

            fn learns_slots(&self) -> bool {
                (**self).learns_slots()
            }

            fn has_workers(&self) -> bool {
                (**self).has_workers()
            }

            fn status(&self) -> Result<Option<Status>, CallError> {
                (**self).status()
            }
        }
    )*};
}

forward!(Arc, Box);
