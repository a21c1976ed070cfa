//! A run in two halves: one thread sends tasks, another reads their outcomes.

use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::engine::caller_end::CallerEnd;
use crate::engine::message::Message;
use crate::error::try_next::TryNextError;
use crate::ids::TaskId;
use crate::outcome::{EndedTask, Outcome};
use crate::reorder_buffer::ReorderBuffer;
use crate::repartidor::Repartidor;
use crate::run_error::SendError;

impl<A, R> Repartidor<A, R> {
    /// Splits the dispatcher into two halves, for two threads: one sends tasks, the other
    /// gives each outcome as its task ends. Outcomes come out while the sender waits for its
    /// next task, which they do not with [`map`](Self::map).
    ///
    /// No more than [`Options::window`](crate::Options::window) tasks are ever sent and not
    /// given, and tasks wait while results fill
    /// [`Options::window_bytes`](crate::Options::window_bytes).
    ///
    /// ```
    /// use reparte::{Repartidor, from_fn};
    ///
    /// let server = from_fn("here", |n: &u64| Ok(n * n));
    /// let (mut sender, outcomes) = Repartidor::builder().destinos([server]).start()?.split();
    /// let sending = std::thread::spawn(move || {
    ///     (1..=100).try_for_each(|n| sender.enviar(n).map(drop))
    /// });
    /// let squares = outcomes.map(|(_, square)| square);
    /// assert_eq!(squares.sum::<Result<u64, _>>()?, 338_350);
    /// # sending.join().unwrap()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn split(self) -> (TaskSender<A, R>, Outcomes<A, R>) {
        self.caller_end().held.enforce();
        let window = usize::try_from(self.window()).unwrap_or(usize::MAX);
        let (enter, entered) = bounded(window);
        // Tasks that were sent before are in the window too, as far as it goes.
        let inside = (0..self.sent()).take_while(|_| enter.try_send(()).is_ok());
        let inside = inside.count() as u64;
        let outcomes = Outcomes {
            caller_end: Arc::clone(self.caller_end()),
            entered,
            surplus: self.sent() - inside,
        };
        let repartidor = self;
        (TaskSender { repartidor, enter }, outcomes)
    }

    /// Splits the dispatcher into two halves like [`split`](Self::split), with the outcomes in
    /// order of sending. An outcome that waits for an earlier one counts as not given.
    pub fn split_ordered(self) -> (TaskSender<A, R>, OrderedOutcomes<A, R>) {
        let (sender, outcomes) = self.split();
        let buffer = ReorderBuffer::new();
        (sender, OrderedOutcomes { outcomes, buffer })
    }
}

/// The half of a run that sends tasks: see [`Repartidor::split`]. Once it is dropped, the
/// outcomes end with those of the tasks sent.
pub struct TaskSender<A, R> {
    repartidor: Repartidor<A, R>,
    /// Holds a message for each task in the window. Sending blocks while the window is full.
    enter: Sender<()>,
}

impl<A, R> TaskSender<A, R> {
    /// Sends a task, like [`Repartidor::enviar`]. Blocks, too, while as many tasks as the
    /// [window](crate::Options::window) allows are sent and not given to the reader of the
    /// outcomes.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the task in it, if the run has ended, which it does when the reader
    /// of the outcomes is dropped.
    pub fn enviar(&mut self, args: A) -> Result<TaskId, SendError<A>> {
        match self.enter.send(()) {
            Ok(()) => self.repartidor.enviar(args),
            Err(_) => Err(self.repartidor.send_error(args)),
        }
    }
}

impl<A, R> Drop for TaskSender<A, R> {
    fn drop(&mut self) {
        self.repartidor.close_input();
    }
}

impl<A, R> fmt::Debug for TaskSender<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskSender")
            .field("repartidor", &self.repartidor)
            .finish_non_exhaustive()
    }
}

/// The half of a run that gives each outcome as its task ends: see [`Repartidor::split`].
#[must_use = "dropped, it ends the run: see `Repartidor`"]
pub struct Outcomes<A, R> {
    caller_end: Arc<CallerEnd<A, R>>,
    /// The other end of [`TaskSender::enter`]: a message taken makes room for a task.
    entered: Receiver<()>,
    /// The number of tasks that were sent before the split and had no room in the window.
    surplus: u64,
}

impl<A, R> Outcomes<A, R> {
    /// Returns the next outcome, if there is one already.
    ///
    /// # Errors
    ///
    /// [`TryNextError::Empty`] if every task that has ended was given, and
    /// [`TryNextError::Ended`] after the last outcome.
    pub fn try_next(&mut self) -> Result<Outcome<R>, TryNextError> {
        let ended = self.caller_end.outcomes.try_recv()?;
        Ok(self.give(ended))
    }

    /// Returns an outcome that the reader is given, which makes room in the window.
    fn give(&mut self, ended: EndedTask<R>) -> Outcome<R> {
        match self.surplus {
            0 => drop(self.entered.try_recv()),
            _ => self.surplus -= 1,
        }
        self.caller_end.give(ended)
    }
}

impl<A, R> Iterator for Outcomes<A, R> {
    type Item = Outcome<R>;

    fn next(&mut self) -> Option<Self::Item> {
        let ended = self.caller_end.outcomes.recv().ok()?;
        Some(self.give(ended))
    }
}

impl<A, R> Drop for Outcomes<A, R> {
    fn drop(&mut self) {
        // The sender keeps the run alive, and may be waiting in it for a slot.
        self.caller_end.inbox.send(Message::Abandon);
    }
}

/// The half of a run that gives the outcomes in order of sending: see
/// [`Repartidor::split_ordered`].
#[must_use = "dropped, it ends the run: see `Repartidor`"]
pub struct OrderedOutcomes<A, R> {
    outcomes: Outcomes<A, R>,
    buffer: ReorderBuffer<R>,
}

impl<A, R> OrderedOutcomes<A, R> {
    /// Returns the next outcome in order of sending, if its task has ended.
    ///
    /// # Errors
    ///
    /// [`TryNextError::Empty`] if the task has not ended, and [`TryNextError::Ended`] after
    /// the last outcome.
    pub fn try_next(&mut self) -> Result<Outcome<R>, TryNextError> {
        let ended = &self.outcomes.caller_end.outcomes;
        let next = self.buffer.next_from(|| ended.try_recv())?;
        Ok(self.outcomes.give(next))
    }
}

impl<A, R> Iterator for OrderedOutcomes<A, R> {
    type Item = Outcome<R>;

    fn next(&mut self) -> Option<Self::Item> {
        let ended = &self.outcomes.caller_end.outcomes;
        let next = self.buffer.next_from(|| ended.recv()).ok()?;
        Some(self.outcomes.give(next))
    }
}

impl<A, R> FusedIterator for Outcomes<A, R> {}
impl<A, R> FusedIterator for OrderedOutcomes<A, R> {}

impl<A, R> fmt::Debug for Outcomes<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcomes")
            .field("ended", &self.caller_end.outcomes.len())
            .finish_non_exhaustive()
    }
}

impl<A, R> fmt::Debug for OrderedOutcomes<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrderedOutcomes")
            .field("outcomes", &self.outcomes)
            .field("early", &self.buffer.len())
            .finish_non_exhaustive()
    }
}
