//! Searches: tasks from an endless source, until a result ends the search.

use std::fmt;
use std::ops::ControlFlow;

use crossbeam_channel::select;

use crate::engine::inbox::{NotAccepted, Submission};
use crate::engine::message::Message;
use crate::error::task::TaskError;
use crate::handle::Handle;
use crate::ids::TaskId;
use crate::outcome::Outcome;
use crate::repartidor::Repartidor;
use crate::run_error::SendError;
use crate::summary::RunSummary;

impl<A, R> Repartidor<A, R> {
    /// Turns the dispatcher into one of searches: tasks come from a source that may be endless,
    /// and end when a condition holds, not when there are no more.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use reparte::{Repartidor, from_fn};
    ///
    /// // The squares that end in these digits.
    /// let servers = ["one", "two"].map(|name| {
    ///     from_fn(name, |n: &u64| Ok((n * n % 1_000 == 444).then_some(*n)))
    /// });
    /// let mut search = Repartidor::builder().destinos(servers).start()?.search();
    /// let root = search.until(1.., |_, outcome| match outcome {
    ///     Ok(Some(root)) => ControlFlow::Break(root),
    ///     _ => ControlFlow::Continue(()),
    /// })?;
    /// assert_eq!(root.map(|root| root * root % 1_000), Some(444));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn search(self) -> Search<A, R> {
        self.caller_end().held.enforce();
        Search {
            repartidor: self,
            given: 0,
        }
    }
}

/// Searches on the servers of one run, one after another: see [`Repartidor::search`].
///
/// Dropped, it ends the run, and waits for nothing; [`finish`](Self::finish) waits.
pub struct Search<A, R> {
    repartidor: Repartidor<A, R>,
    /// The number of outcomes taken. Between two searches it is the number of tasks sent,
    /// unless the run has ended.
    given: u64,
}

impl<A, R> Search<A, R> {
    /// Sends tasks as slots become free, and gives each outcome to `take` as its task ends,
    /// until `take` breaks. Then all tasks that were sent and have not ended are cancelled, and
    /// their outcomes discarded. Returns the value of the break, or `None` if all tasks have
    /// ended without one.
    ///
    /// A task is taken from `tasks` when a slot is free for it, or a place of the
    /// [read-ahead](crate::Options::read_ahead). Slots that become free while `take` runs get
    /// the tasks of the read-ahead; without one they wait. Tasks that were
    /// [sent](Repartidor::enviar) before the first search are part of it.
    ///
    /// A call that [can't be cancelled](crate::Destino::cancel) keeps its slot until it returns:
    /// the next search begins without it.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the first task that was not taken, if the run has ended. Every task
    /// that was sent has had its outcome by then.
    pub fn until<B>(
        &mut self,
        tasks: impl IntoIterator<Item = A>,
        mut take: impl FnMut(TaskId, Result<R, TaskError>) -> ControlFlow<B>,
    ) -> Result<Option<B>, SendError<A>> {
        let mut tasks = tasks.into_iter().fuse();
        // The next task, which the executor has not accepted yet.
        let mut next = None;
        loop {
            let has_ended = !self.submit_tasks(&mut tasks, &mut next);
            let Some((task, outcome)) = self.next_outcome(has_ended, next.is_some()) else {
                match next {
                    Some(task) if has_ended => return Err(self.repartidor.send_error(task.args)),
                    // There is room for the task.
                    Some(_) => continue,
                    None => return Ok(None),
                }
            };
            self.given += 1;
            if let ControlFlow::Break(value) = take(task, outcome) {
                self.cancel_rest();
                return Ok(Some(value));
            }
        }
    }

    /// Submits tasks while there is room for them. The first for which there is none, or that
    /// finds the run ended, is left in `next`. Returns false if the run has ended.
    fn submit_tasks(
        &mut self,
        tasks: &mut impl Iterator<Item = A>,
        next: &mut Option<Submission<A, R>>,
    ) -> bool {
        loop {
            let task = match next.take() {
                Some(task) => task,
                None => match tasks.next().map(|args| self.repartidor.submission(args)) {
                    Some(Ok(task)) => task,
                    Some(Err(args)) => {
                        // The journal can't be used, which ends the run.
                        *next = Some(Submission {
                            args,
                            recorded: None,
                        });
                        return false;
                    }
                    None => return true,
                },
            };
            match self.repartidor.caller_end().inbox.submit(task) {
                Ok(()) => _ = self.repartidor.count_sent(),
                Err(NotAccepted::NoRoom(task)) => {
                    *next = Some(task);
                    return true;
                }
                Err(NotAccepted::RunEnded(task)) => {
                    *next = Some(task);
                    return false;
                }
            }
        }
    }

    /// Waits for the next outcome. `None` if there is room for a task before one comes, if the
    /// run has ended and every outcome was given, or if no task is open and none waits.
    fn next_outcome(&self, has_ended: bool, task_waits: bool) -> Option<Outcome<R>> {
        let caller_end = self.repartidor.caller_end();
        if has_ended || !task_waits {
            let is_open = self.given < self.repartidor.sent();
            let ended = is_open.then(|| caller_end.outcomes.recv().ok()).flatten();
            return ended.map(|ended| caller_end.give(ended));
        }
        // At the end of the run both channels are disconnected, and the next submission finds
        // the run ended.
        select! {
            recv(caller_end.outcomes) -> ended => ended.ok().map(|ended| caller_end.give(ended)),
            recv(caller_end.room) -> _ => None,
        }
    }

    /// Cancels the tasks that have not ended, and discards their outcomes.
    fn cancel_rest(&mut self) {
        let caller_end = self.repartidor.caller_end();
        caller_end.inbox.send(Message::CancelAllTasks);
        while self.given < self.repartidor.sent() {
            let Ok(ended) = caller_end.outcomes.recv() else {
                return;
            };
            drop(caller_end.give(ended));
            self.given += 1;
        }
    }

    /// Ends the run, and waits until it is shut down: the journal is written and closed then.
    /// Tasks that were sent and are part of no search yet are waited for.
    pub fn finish(self) -> RunSummary {
        self.repartidor.close_input();
        let caller_end = self.repartidor.caller_end();
        while let Ok(ended) = caller_end.outcomes.recv() {
            drop(caller_end.give(ended));
        }
        caller_end.join();
        self.repartidor.summary()
    }

    /// Returns the summary of the run so far.
    pub fn summary(&self) -> RunSummary {
        self.repartidor.summary()
    }

    /// Returns a handle, which observes and controls the run from any thread.
    pub fn handle(&self) -> Handle<A, R> {
        self.repartidor.handle()
    }
}

impl<A, R> fmt::Debug for Search<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search")
            .field("given", &self.given)
            .field("repartidor", &self.repartidor)
            .finish()
    }
}
