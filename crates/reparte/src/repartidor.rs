//! The dispatcher `Repartidor`, with the article's calls `enviar` and `terminar`.

use std::fmt;
use std::sync::Arc;

use crate::engine::caller_end::CallerEnd;
use crate::engine::inbox::{NotAccepted, Submission};
use crate::engine::message::Message;
use crate::error::task::TaskError;
use crate::handle::Handle;
use crate::ids::TaskId;
use crate::run_error::{Incomplete, SendError};
use crate::summary::RunSummary;

/// The dispatcher: spreads the calls of one function over servers, like the article's class
/// of that name.
///
/// Create it with the servers (`Repartidor::new`), [send](Self::enviar) it the arguments `A`
/// of each task, and [finish](Self::terminar) to get every result `R`, in order of sending. Or
/// let [`map`](Self::map) do both. For options, a journal, or destinations of other kinds there
/// is the [builder](Self::builder).
///
/// # Guarantees
///
/// Execution is *at least once*: a task's call may be made again when it can't be known
/// whether an earlier one ran. The function should have no effect that does harm when
/// repeated. Delivery is *exactly once*: each task has one result.
///
/// # Dropping
///
/// A dispatcher that is dropped without `terminar` ends its run at once: tasks that wait are
/// forgotten, calls in flight are [cancelled](crate::Destino::cancel), and nothing is waited
/// for. The thread of a call that can't be cancelled ends when the call returns. The same is
/// true of its iterators.
#[must_use = "dropped, it forgets its tasks: see `terminar`"]
#[doc(alias("Dispatcher", "Distributor"))]
pub struct Repartidor<A, R> {
    caller_end: Arc<CallerEnd<A, R>>,
    /// The number of tasks sent, which is the number of the next one. It equals the engine's
    /// `Run::submitted`, since one thread alone sends.
    sent: u64,
    window: u64,
}

impl<A, R> Repartidor<A, R> {
    /// Creates the dispatcher of a run that has started, whose iterators may have `window`
    /// tasks sent and not given.
    pub(crate) fn of_run(caller_end: CallerEnd<A, R>, window: usize) -> Self {
        Self {
            caller_end: Arc::new(caller_end),
            sent: 0,
            window: window as u64,
        }
    }

    /// Sends a task: its arguments go to a free slot of a server. Returns the task's number.
    ///
    /// Blocks until the task has a slot, or, with a
    /// [read-ahead](crate::Options::read_ahead), a place to wait for one. Retries of earlier
    /// tasks go first.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the task in it, if the run has ended: because all servers have
    /// refused its calls, or were down for as long as
    /// [`Options::outage`](crate::Options::outage) allows; because the
    /// [journal](crate::RepartidorBuilder::journal) is of another task or can't be written;
    /// or because the run was [drained](Handle::drain).
    #[doc(alias("submit", "send"))]
    pub fn enviar(&mut self, args: A) -> Result<TaskId, SendError<A>> {
        let mut task = match self.submission(args) {
            Ok(task) => task,
            Err(args) => return Err(self.send_error(args)),
        };
        loop {
            match self.caller_end.inbox.submit(task) {
                Ok(()) => return Ok(self.count_sent()),
                Err(NotAccepted::RunEnded(task)) => return Err(self.send_error(task.args)),
                Err(NotAccepted::NoRoom(refused)) => task = refused,
            }
            // Either there is room, or the channel is disconnected and the run has ended:
            // the next `submit` finds out.
            let _ = self.caller_end.room.recv();
        }
    }

    pub(crate) fn send_error(&self, args: A) -> SendError<A> {
        SendError {
            args,
            summary: Box::new(self.summary()),
        }
    }

    /// Finishes: waits for all tasks, and returns their results in order of sending.
    ///
    /// # Errors
    ///
    /// [`Incomplete`] if some task has no result, or the
    /// [journal](crate::RepartidorBuilder::journal) is not complete. It holds the outcome of
    /// each task, results included.
    #[doc(alias("finish", "join"))]
    pub fn terminar(self) -> Result<Vec<R>, Incomplete<R>> {
        self.close_input();
        let sent = usize::try_from(self.sent).unwrap_or(usize::MAX);
        let mut outcomes: Vec<Option<Result<R, TaskError>>> = Vec::new();
        outcomes.resize_with(sent, || None);
        for ended in &self.caller_end.outcomes {
            let place = usize::try_from(ended.task.index()).unwrap_or(usize::MAX);
            if let Some(place) = outcomes.get_mut(place) {
                *place = Some(ended.outcome);
            }
        }
        self.caller_end.join();
        let outcomes = outcomes
            .into_iter()
            .zip(0..)
            .map(|(outcome, index)| {
                outcome.unwrap_or_else(|| Err(TaskError::not_run(TaskId::new(index))))
            })
            .collect();
        let summary = self.summary();
        results_if_complete(outcomes, &summary).map_err(|outcomes| Incomplete {
            outcomes,
            summary: Box::new(summary),
        })
    }

    /// Returns the summary of the run so far: which server has done what.
    pub fn summary(&self) -> RunSummary {
        self.caller_end.summary.snapshot()
    }

    /// Returns a handle, which observes and controls the run from any thread. It remains
    /// when [`terminar`](Self::terminar) has taken the dispatcher.
    pub fn handle(&self) -> Handle<A, R> {
        Handle::new(
            self.caller_end.summary.clone(),
            Arc::clone(&self.caller_end.inbox),
        )
    }

    pub(crate) fn caller_end(&self) -> &Arc<CallerEnd<A, R>> {
        &self.caller_end
    }

    /// Returns the most tasks that an iterator may have sent and not given.
    pub(crate) fn window(&self) -> u64 {
        self.window
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Counts a task that was accepted, and returns its number.
    pub(crate) fn count_sent(&mut self) -> TaskId {
        let task = TaskId::new(self.sent);
        self.sent += 1;
        task
    }

    /// Prepares the next task for submission: with its result, if the journal has it.
    ///
    /// # Errors
    ///
    /// The task's arguments, if the journal is of another task or can't be read. That ends
    /// the run.
    pub(crate) fn submission(&self, args: A) -> Result<Submission<A, R>, A> {
        let task = TaskId::new(self.sent);
        match self.caller_end.acceptance.recorded(task, &args) {
            Ok(recorded) => {
                let recorded = recorded.map(|result| {
                    let bytes = self.caller_end.acceptance.bytes_of(&result);
                    (result, bytes)
                });
                Ok(Submission { args, recorded })
            }
            Err(error) => {
                // Recorded here too: a run that has ended drops the message.
                self.caller_end
                    .summary
                    .lock()
                    .journal_error
                    .get_or_insert_with(|| Arc::clone(&error));
                self.caller_end.inbox.send(Message::JournalFailed(error));
                Err(args)
            }
        }
    }

    /// Tells the run that no more tasks will come.
    pub(crate) fn close_input(&self) {
        self.caller_end.inbox.send(Message::CloseInput);
    }
}

impl<A, R> fmt::Debug for Repartidor<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repartidor")
            .field("sent", &self.sent)
            .field("summary", &self.summary())
            .finish_non_exhaustive()
    }
}

/// Returns the results alone, if each task has one and the journal is complete.
///
/// # Errors
///
/// All outcomes otherwise.
fn results_if_complete<R>(
    outcomes: Vec<Result<R, TaskError>>,
    summary: &RunSummary,
) -> Result<Vec<R>, Vec<Result<R, TaskError>>> {
    if summary.journal_error.is_some() || outcomes.iter().any(Result::is_err) {
        return Err(outcomes);
    }
    Ok(outcomes.into_iter().filter_map(Result::ok).collect())
}
