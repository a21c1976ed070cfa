//! The caller's end of a run.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::Receiver;

use crate::engine::acceptance::Acceptance;
use crate::engine::held_results::HeldResults;
use crate::engine::inbox::Inbox;
use crate::engine::message::Message;
use crate::outcome::{EndedTask, Outcome};
use crate::summary::shared::SharedSummary;

/// The caller's end of a run. Dropped, it abandons the run.
pub(crate) struct CallerEnd<A, R> {
    /// The executor. Its `submit` waits for the lock of the run, its `send` does not.
    pub(crate) inbox: Arc<dyn Inbox<A, R>>,
    /// A message says that there may be room for a task that was refused. Disconnected at the
    /// end of the run.
    pub(crate) room: Receiver<()>,
    /// The outcome of each task as it ends. Disconnected after the last one.
    pub(crate) outcomes: Receiver<EndedTask<R>>,
    pub(crate) held: Arc<HeldResults>,
    pub(crate) summary: SharedSummary,
    pub(crate) acceptance: Arc<Acceptance<A, R>>,
    /// The number of slots at the start, those of fallbacks included.
    pub(crate) slots: usize,
    /// None once it was waited for.
    pub(super) timer_thread: Mutex<Option<JoinHandle<()>>>,
}

impl<A, R> CallerEnd<A, R> {
    /// Returns the outcome of a task that has ended, which the caller is given: it fills the
    /// window no longer.
    pub(crate) fn give(&self, ended: EndedTask<R>) -> Outcome<R> {
        if self.held.give(ended.bytes) {
            self.inbox.send(Message::WindowOpened);
        }
        (ended.task, ended.outcome)
    }

    /// Waits until a run that has ended is shut down.
    pub(crate) fn join(&self) {
        let thread = self.timer_thread.lock();
        let thread = thread.unwrap_or_else(PoisonError::into_inner).take();
        // A panic there is a bug of this crate. The outcomes so far are valid.
        let _ = thread.map(JoinHandle::join);
    }
}

impl<A, R> Drop for CallerEnd<A, R> {
    fn drop(&mut self) {
        self.inbox.send(Message::Abandon);
    }
}
