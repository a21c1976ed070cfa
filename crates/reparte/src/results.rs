//! Results read one by one.

use std::collections::BTreeMap;
use std::fmt;
use std::iter::FusedIterator;

use crossbeam_channel::select;

use crate::engine::{Arrival, Untaken};
use crate::{Repartidor, TaskError, TaskId};

/// A task that has ended, and its result or why it has none: the item of all
/// iterators over a run.
pub type Outcome<R> = (TaskId, Result<R, TaskError>);

/// Sends tasks and takes outcomes, whichever can be done first.
struct Feed<A, R, I> {
    repartidor: Repartidor<A, R>,
    /// The tasks to come, until they have ended.
    tasks: Option<I>,
    /// The next task, not yet taken by the engine.
    next: Option<Arrival<A, R>>,
    /// The run is over: no task will be taken.
    over: bool,
    /// Outcomes that the reader has been given.
    given: u64,
}

impl<A, R, I: Iterator<Item = A>> Feed<A, R, I> {
    fn new(repartidor: Repartidor<A, R>, tasks: I) -> Self {
        Self {
            repartidor,
            tasks: Some(tasks),
            next: None,
            over: false,
            given: 0,
        }
    }

    /// The next outcome in order of ending; none after the last one.
    fn next_ended(&mut self) -> Option<Outcome<R>> {
        loop {
            self.fetch();
            let wires = self.repartidor.wires();
            // Once the run is over the next task stays, to be refused last.
            let sending = if self.over { None } else { self.next.take() };
            let Some(arrival) = sending else {
                return wires.outcomes.recv().ok().or_else(|| self.refused());
            };
            // Sending comes first, since it puts a free slot to work.
            match wires.run.take(arrival) {
                Ok(()) => {
                    self.repartidor.count_sent();
                    continue;
                }
                Err(Untaken::Full(arrival)) => self.next = Some(arrival),
                Err(Untaken::Over(arrival)) => {
                    self.next = Some(arrival);
                    self.over = true;
                    continue;
                }
            }
            // At the end of the run both say so, at once.
            select! {
                recv(wires.outcomes) -> outcome => match outcome {
                    Ok(outcome) => return Some(outcome),
                    Err(_) => self.over = true,
                },
                recv(wires.room) -> _ => {}
            }
        }
    }

    /// Gets the next task to send, if the window has room for it.
    fn fetch(&mut self) {
        if self.over || self.next.is_some() {
            return;
        }
        // Until the run is over nothing is given that was not sent.
        if self.repartidor.sent() - self.given < self.repartidor.window() {
            self.next_task();
        }
    }

    fn next_task(&mut self) {
        let Some(tasks) = &mut self.tasks else {
            return;
        };
        let Some(args) = tasks.next() else {
            self.tasks = None;
            return self.repartidor.close();
        };
        let arrival = match self.over {
            true => Err(args),
            false => self.repartidor.arrival(args),
        };
        self.next = Some(arrival.unwrap_or_else(|args| {
            self.over = true;
            Arrival { args, had: None }
        }));
    }

    /// After the last outcome: the task that found the run over, once.
    fn refused(&mut self) -> Option<Outcome<R>> {
        self.over = true;
        if self.next.is_none() {
            self.next_task();
        }
        self.tasks = None;
        self.next.take()?;
        let task = TaskId::new(self.repartidor.sent());
        Some((task, Err(TaskError::not_run(task))))
    }
}

/// Outcomes in order of sending: see [`Repartidor::map`].
#[must_use = "it sends nothing until it is read"]
pub struct Map<A, R, I> {
    feed: Feed<A, R, I>,
    /// Outcomes that wait for an earlier one.
    early: BTreeMap<TaskId, Result<R, TaskError>>,
}

impl<A, R, I: Iterator<Item = A>> Map<A, R, I> {
    pub(crate) fn new(repartidor: Repartidor<A, R>, tasks: I) -> Self {
        Self {
            feed: Feed::new(repartidor, tasks),
            early: BTreeMap::new(),
        }
    }
}

impl<A, R, I: Iterator<Item = A>> Iterator for Map<A, R, I> {
    type Item = Outcome<R>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = TaskId::new(self.feed.given);
        loop {
            if let Some(outcome) = self.early.remove(&next) {
                self.feed.given += 1;
                return Some((next, outcome));
            }
            let (task, outcome) = self.feed.next_ended()?;
            self.early.insert(task, outcome);
        }
    }
}

/// Outcomes as they end, each with its task's number: see
/// [`Repartidor::map_unordered`].
#[must_use = "it sends nothing until it is read"]
pub struct MapUnordered<A, R, I> {
    feed: Feed<A, R, I>,
}

impl<A, R, I: Iterator<Item = A>> MapUnordered<A, R, I> {
    pub(crate) fn new(repartidor: Repartidor<A, R>, tasks: I) -> Self {
        Self {
            feed: Feed::new(repartidor, tasks),
        }
    }
}

impl<A, R, I: Iterator<Item = A>> Iterator for MapUnordered<A, R, I> {
    type Item = Outcome<R>;

    fn next(&mut self) -> Option<Self::Item> {
        let ended = self.feed.next_ended()?;
        self.feed.given += 1;
        Some(ended)
    }
}

/// Outcomes of the tasks sent, as they end, each with its task's number: see
/// [`Repartidor::as_completed`].
#[must_use = "dropped, it ends the run: see `Repartidor`"]
pub struct AsCompleted<A, R> {
    repartidor: Repartidor<A, R>,
}

impl<A, R> AsCompleted<A, R> {
    pub(crate) fn new(repartidor: Repartidor<A, R>) -> Self {
        repartidor.close();
        Self { repartidor }
    }

    pub(crate) fn into_repartidor(self) -> Repartidor<A, R> {
        self.repartidor
    }
}

impl<A, R> Iterator for AsCompleted<A, R> {
    type Item = Outcome<R>;

    fn next(&mut self) -> Option<Self::Item> {
        self.repartidor.wires().outcomes.recv().ok()
    }
}

impl<A, R, I: Iterator<Item = A>> FusedIterator for Map<A, R, I> {}
impl<A, R, I: Iterator<Item = A>> FusedIterator for MapUnordered<A, R, I> {}
impl<A, R> FusedIterator for AsCompleted<A, R> {}

impl<A, R, I> fmt::Debug for Map<A, R, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map")
            .field("repartidor", &self.feed.repartidor)
            .finish_non_exhaustive()
    }
}

impl<A, R, I> fmt::Debug for MapUnordered<A, R, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapUnordered")
            .field("repartidor", &self.feed.repartidor)
            .finish_non_exhaustive()
    }
}

impl<A, R> fmt::Debug for AsCompleted<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted")
            .field("repartidor", &self.repartidor)
            .finish()
    }
}
