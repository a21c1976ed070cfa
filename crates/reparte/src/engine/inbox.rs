//! The interface of the executor to the other threads.

use crate::engine::message::Message;

/// The interface of the executor to the caller's threads, the slots and the status threads.
///
/// It is a trait, so that `Repartidor<A, R>` and `Handle<A, R>` need no bounds on their
/// types where they only pass messages on, as in `Drop`.
pub(crate) trait Inbox<A, R>: Send + Sync {
    /// Sends a message, which this thread or another handles at once. Returns false if the
    /// run has ended.
    fn send(&self, message: Message<A, R>) -> bool;

    /// Submits a task. Waits for the lock of the run.
    ///
    /// # Errors
    ///
    /// [`NotAccepted`] with the task in it, if there is neither a free slot nor a place to wait
    /// for one, or the run has ended.
    fn submit(&self, task: Submission<A, R>) -> Result<(), NotAccepted<Submission<A, R>>>;
}

/// A task that is submitted.
pub(crate) struct Submission<A, R> {
    pub(crate) args: A,
    /// The task's result and its size in bytes, if the journal has it.
    pub(crate) recorded: Option<(R, usize)>,
}

/// A task that was not accepted.
pub(crate) enum NotAccepted<T> {
    /// There is no room for it at the moment. The submitter is told when there is.
    NoRoom(T),
    /// The run has ended.
    RunEnded(T),
}
