//! The article's three calls.

use std::fmt;
use std::sync::Arc;

use crate::engine::{Arrival, News, Request, Untaken, Wires, lock};
use crate::handle::Handle;
use crate::results::{AsCompleted, Map, MapUnordered};
use crate::split::{self, OrderedOutcomes, Outcomes, TaskSender};
use crate::{Incomplete, RunSummary, SendError, TaskError, TaskId};

/// The most slots that all servers of a run may have together: each takes a
/// thread.
pub const MAX_SLOTS: usize = 8_192;

/// Dispatcher: spreads the calls of one function over servers, as the
/// article's class of that name.
///
/// Make it with the servers, [send](Self::enviar) it each task's arguments
/// `A`, and [end](Self::terminar) to get every result `R`, in order. Or let
/// [`map`](Self::map) do both.
///
/// # Promises
///
/// A task's call may be made more than once, when it can't be known whether
/// the first one ran: execution is *at least once*, so the function should
/// have no effect that hurts when repeated. Its result is delivered *exactly
/// once*.
///
/// # Dropping
///
/// Dropped without `terminar`, it ends at once: tasks that wait are forgotten,
/// calls in flight are [cancelled](crate::Destino::cancel), and nothing is waited for.
/// The thread of a call that can't be cancelled ends when the call returns.
/// The same goes for its iterators.
#[must_use = "dropped, it forgets its tasks: see `terminar`"]
#[doc(alias("Dispatcher", "Distributor"))]
pub struct Repartidor<A, R> {
    wires: Arc<Wires<A, R>>,
    sent: u64,
    window: u64,
}

impl<A, R> Repartidor<A, R> {
    /// A dispatcher over a run that has begun, whose iterators let `window` tasks be sent
    /// and not read.
    pub(crate) fn over(wires: Wires<A, R>, window: usize) -> Self {
        Self {
            wires: Arc::new(wires),
            sent: 0,
            window: window as u64,
        }
    }

    /// Send: hands over a task. Blocks until it has a slot, or, with a
    /// [read-ahead](crate::Options::read_ahead), a place to wait for one; retries of
    /// earlier tasks go first.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the task in it, once the run is over: for lack of
    /// servers, if all refused it for good, or all were down for as long as
    /// [`Options::outage`](crate::Options::outage) allows; when the [journal](crate::RepartidorBuilder::journal)
    /// is of another task, or can't be written; or since it was
    /// [ended](crate::Handle::drain).
    #[doc(alias("submit", "send"))]
    pub fn enviar(&mut self, args: A) -> Result<TaskId, SendError<A>> {
        let mut arrival = match self.arrival(args) {
            Ok(arrival) => arrival,
            Err(args) => return Err(self.unsent(args)),
        };
        loop {
            match self.wires.run.take(arrival) {
                Ok(()) => return Ok(self.count_sent()),
                Err(Untaken::Over(arrival)) => return Err(self.unsent(arrival.args)),
                Err(Untaken::Full(unsent)) => arrival = unsent,
            }
            // At the end of the run nobody is there to say so.
            let _ = self.wires.room.recv();
        }
    }

    pub(crate) fn unsent(&self, args: A) -> SendError<A> {
        SendError {
            args,
            summary: Box::new(self.summary()),
        }
    }

    /// Finish: waits for all tasks and gives their results, in order of
    /// sending.
    ///
    /// # Errors
    ///
    /// [`Incomplete`] if not every task has a result, or the
    /// [journal](crate::RepartidorBuilder::journal) is not whole. It holds what became of each
    /// one, results included.
    #[doc(alias("finish", "join"))]
    pub fn terminar(self) -> Result<Vec<R>, Incomplete<R>> {
        let handle = self.handle();
        let sent = usize::try_from(self.sent).unwrap_or(usize::MAX);
        let mut outcomes: Vec<Option<Result<R, TaskError>>> = Vec::new();
        outcomes.resize_with(sent, || None);
        let mut ended = self.as_completed();
        for (task, outcome) in ended.by_ref() {
            let place = usize::try_from(task.index()).unwrap_or(usize::MAX);
            if let Some(place) = outcomes.get_mut(place) {
                *place = Some(outcome);
            }
        }
        ended.into_repartidor().wires.join();
        let outcomes = outcomes
            .into_iter()
            .zip(0..)
            .map(|(outcome, index)| {
                outcome.unwrap_or_else(|| Err(TaskError::not_run(TaskId::new(index))))
            })
            .collect();
        let summary = handle.summary();
        whole(outcomes, &summary).map_err(|outcomes| Incomplete {
            outcomes,
            summary: Box::new(summary),
        })
    }

    /// Waits for all tasks sent, and gives each one's outcome as it ends.
    pub fn as_completed(self) -> AsCompleted<A, R> {
        AsCompleted::new(self)
    }

    /// Sends `tasks` while it is read, and gives their outcomes in order.
    ///
    /// Tasks are sent from within `next`, so that servers are kept busy while
    /// the reader waits, or, with a [read-ahead](crate::Options::read_ahead), for
    /// that many tasks longer. No more than [`Options::window`](crate::Options::window) tasks are ever
    /// sent and unread, so that memory is bounded however slow one of them is.
    /// When no server is left, tasks sent but not answered come as errors, and
    /// so does the one that found no server, as the last; the rest are not
    /// asked for. Tasks sent before, by `enviar`, come first.
    ///
    /// ```
    /// use reparte::{Repartidor, from_fn};
    ///
    /// let servers = ["a", "b"].map(|name| from_fn(name, |n: &u64| Ok(n * n)));
    /// let reparto = Repartidor::builder().destinos(servers).start()?;
    /// let squares = reparto.map(1..=100).map(|(_, square)| square);
    /// let sum: u64 = squares.sum::<Result<_, _>>()?;
    /// assert_eq!(sum, 338_350);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn map<I>(self, tasks: I) -> Map<A, R, I::IntoIter>
    where
        I: IntoIterator<Item = A>,
    {
        Map::new(self, tasks.into_iter())
    }

    /// As [`map`](Self::map), but gives the outcomes as they end, each with
    /// its task's number.
    pub fn map_unordered<I>(self, tasks: I) -> MapUnordered<A, R, I::IntoIter>
    where
        I: IntoIterator<Item = A>,
    {
        MapUnordered::new(self, tasks.into_iter())
    }

    /// In two halves: one that sends, and one that gives the outcomes, for two
    /// threads. So results come out while the next task is waited for, as
    /// [`map`](Self::map)'s do not.
    ///
    /// No more than [`Options::window`](crate::Options::window) tasks are ever sent and not given.
    ///
    /// ```
    /// use reparte::{Repartidor, from_fn};
    ///
    /// let server = from_fn("here", |n: &u64| Ok(n * n));
    /// let (mut sender, outcomes) = Repartidor::builder().destinos([server]).start()?.split();
    /// let sending = std::thread::spawn(move || (1..=100).try_for_each(|n| sender.enviar(n).map(drop)));
    /// let squares = outcomes.map(|(_, square)| square);
    /// assert_eq!(squares.sum::<Result<u64, _>>()?, 338_350);
    /// # sending.join().unwrap()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn split(self) -> (TaskSender<A, R>, Outcomes<A, R>) {
        split::split(self)
    }

    /// The same, with the outcomes in order of sending. One that waits for an earlier one
    /// counts as not given.
    pub fn split_ordered(self) -> (TaskSender<A, R>, OrderedOutcomes<A, R>) {
        split::split_ordered(self)
    }

    /// Who has done what so far.
    pub fn summary(&self) -> RunSummary {
        self.handle().summary()
    }

    /// What remains when [`terminar`](Self::terminar) has taken the
    /// dispatcher.
    pub fn handle(&self) -> Handle<A, R> {
        Handle::new(Arc::clone(&self.wires.summary), Arc::clone(&self.wires.run))
    }

    pub(crate) fn wires(&self) -> &Arc<Wires<A, R>> {
        &self.wires
    }

    /// The most tasks that an iterator may have sent and not given yet.
    pub(crate) fn window(&self) -> u64 {
        self.window
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    pub(crate) fn count_sent(&mut self) -> TaskId {
        let task = TaskId::new(self.sent);
        self.sent += 1;
        task
    }

    /// The next task as the engine takes it: with its result, if the journal has
    /// it. If the journal is of another task, the run ends, and the task stays.
    pub(crate) fn arrival(&self, args: A) -> Result<Arrival<A, R>, A> {
        let task = TaskId::new(self.sent);
        match self.wires.checks.find(task, &args) {
            Ok(had) => Ok(Arrival { args, had }),
            Err(error) => {
                lock(&self.wires.summary)
                    .journal_error
                    .get_or_insert_with(|| Arc::clone(&error));
                // Without an engine the run is over already.
                self.wires.run.tell(News::JournalFailed(error));
                Err(args)
            }
        }
    }

    /// Says that no more tasks will come.
    pub(crate) fn close(&self) {
        self.wires.run.tell(News::Asked(Request::Close));
    }
}

impl<A, R> fmt::Debug for Repartidor<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repartidor")
            .field("sent", &self.sent)
            .field("summary", &*lock(&self.wires.summary))
            .finish_non_exhaustive()
    }
}

/// The results alone if there is one for each task and the journal is whole, or
/// everything back.
fn whole<R>(
    outcomes: Vec<Result<R, TaskError>>,
    summary: &RunSummary,
) -> Result<Vec<R>, Vec<Result<R, TaskError>>> {
    if summary.journal_error.is_some() || outcomes.iter().any(Result::is_err) {
        return Err(outcomes);
    }
    Ok(outcomes.into_iter().filter_map(Result::ok).collect())
}
