//! The iterators that send tasks and give their outcomes on one thread.

use std::fmt;
use std::iter::FusedIterator;

use crossbeam_channel::select;

use crate::engine::inbox::{NotAccepted, Submission};
use crate::error::task::TaskError;
use crate::ids::TaskId;
use crate::outcome::{EndedTask, Outcome};
use crate::reorder_buffer::ReorderBuffer;
use crate::repartidor::Repartidor;

impl<A, R> Repartidor<A, R> {
    /// Returns an iterator over the outcomes of `tasks`, in order. It sends the tasks while it
    /// is read.
    ///
    /// Tasks are sent from within `next`. While the caller does not read, servers stay busy
    /// for as long as the tasks of the [read-ahead](crate::Options::read_ahead) last. No more
    /// than [`Options::window`](crate::Options::window) tasks are ever sent and not given, and
    /// tasks wait while results fill
    /// [`Options::window_bytes`](crate::Options::window_bytes).
    ///
    /// Tasks that were sent before, by [`enviar`](Self::enviar), come first. When the run ends
    /// early, the tasks that were sent and have no answer come as errors, and the one that
    /// found the run ended is the last outcome. The rest of `tasks` is not read.
    ///
    /// ```
    /// use reparte::{Repartidor, from_fn};
    ///
    /// let servers = ["a", "b"].map(|name| from_fn(name, |n: &u64| Ok(n * n)));
    /// let reparto = Repartidor::builder().destinos(servers).start()?;
    /// let mut sum = 0;
    /// for (task, square) in reparto.map(1..=100) {
    ///     sum += square?; // the square of the number `task.index() + 1`
    /// }
    /// assert_eq!(sum, 338_350);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn map<I>(self, tasks: I) -> Map<A, R, I::IntoIter>
    where
        I: IntoIterator<Item = A>,
    {
        Map {
            mapper: Mapper::new(self, tasks.into_iter()),
            buffer: ReorderBuffer::new(),
        }
    }

    /// Returns an iterator like [`map`](Self::map) that gives each outcome as its task ends.
    pub fn map_unordered<I>(self, tasks: I) -> MapUnordered<A, R, I::IntoIter>
    where
        I: IntoIterator<Item = A>,
    {
        MapUnordered {
            mapper: Mapper::new(self, tasks.into_iter()),
        }
    }

    /// Returns an iterator over the outcomes of the tasks sent so far, each as its task ends.
    /// No more tasks can be sent.
    pub fn as_completed(self) -> AsCompleted<A, R> {
        self.caller_end().held.enforce();
        self.close_input();
        AsCompleted { repartidor: self }
    }
}

/// Sends tasks from an iterator and takes outcomes, whichever is possible first.
struct Mapper<A, R, I> {
    repartidor: Repartidor<A, R>,
    /// The tasks to come; None after the last one.
    tasks: Option<I>,
    /// The next task, which the executor has not accepted yet.
    next: Option<Submission<A, R>>,
    /// The run has ended: no more tasks are accepted.
    run_ended: bool,
    /// The number of outcomes that the reader has been given.
    given: u64,
}

impl<A, R, I: Iterator<Item = A>> Mapper<A, R, I> {
    fn new(repartidor: Repartidor<A, R>, tasks: I) -> Self {
        repartidor.caller_end().held.enforce();
        Self {
            repartidor,
            tasks: Some(tasks),
            next: None,
            run_ended: false,
            given: 0,
        }
    }

    /// Returns the next outcome in order of ending; None after the last one.
    fn next_ended(&mut self) -> Option<EndedTask<R>> {
        loop {
            self.fetch_task();
            let caller_end = self.repartidor.caller_end();
            // Once the caller_end has ended, the next task stays: `refused_task` is its outcome.
            let sending = if self.run_ended {
                None
            } else {
                self.next.take()
            };
            let Some(task) = sending else {
                return caller_end
                    .outcomes
                    .recv()
                    .ok()
                    .or_else(|| self.refused_task());
            };
            // Sending comes before taking outcomes, since it puts a free slot to work.
            match caller_end.inbox.submit(task) {
                Ok(()) => {
                    self.repartidor.count_sent();
                    continue;
                }
                Err(NotAccepted::NoRoom(task)) => self.next = Some(task),
                Err(NotAccepted::RunEnded(task)) => {
                    self.next = Some(task);
                    self.run_ended = true;
                    continue;
                }
            }
            // At the end of the run both channels are disconnected, at the same moment.
            select! {
                recv(caller_end.outcomes) -> outcome => match outcome {
                    Ok(outcome) => return Some(outcome),
                    Err(_) => self.run_ended = true,
                },
                recv(caller_end.room) -> _ => {}
            }
        }
    }

    /// Returns an outcome that the reader is given.
    fn give(&mut self, ended: EndedTask<R>) -> Outcome<R> {
        self.given += 1;
        self.repartidor.caller_end().give(ended)
    }

    /// Gets the next task to send, if the window has room for it.
    fn fetch_task(&mut self) {
        if self.run_ended || self.next.is_some() {
            return;
        }
        // No underflow: until the run has ended, only tasks that were sent are given.
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
            return self.repartidor.close_input();
        };
        let task = match self.run_ended {
            true => Err(args),
            false => self.repartidor.submission(args),
        };
        self.next = Some(task.unwrap_or_else(|args| {
            self.run_ended = true;
            Submission {
                args,
                recorded: None,
            }
        }));
    }

    /// Returns the outcome of the task that found the run ended, once. It comes after that of
    /// every task sent.
    fn refused_task(&mut self) -> Option<EndedTask<R>> {
        self.run_ended = true;
        if self.next.is_none() {
            self.next_task();
        }
        self.tasks = None;
        self.next.take()?;
        let task = TaskId::new(self.repartidor.sent());
        Some(EndedTask {
            task,
            outcome: Err(TaskError::not_run(task)),
            bytes: 0,
        })
    }
}

/// Outcomes in order of sending: see [`Repartidor::map`].
#[must_use = "it sends nothing until it is read"]
pub struct Map<A, R, I> {
    mapper: Mapper<A, R, I>,
    buffer: ReorderBuffer<R>,
}

impl<A, R, I: Iterator<Item = A>> Iterator for Map<A, R, I> {
    type Item = Outcome<R>;

    fn next(&mut self) -> Option<Self::Item> {
        let mapper = &mut self.mapper;
        let ended = self.buffer.next_from(|| mapper.next_ended().ok_or(()));
        Some(mapper.give(ended.ok()?))
    }
}

/// Outcomes as their tasks end: see [`Repartidor::map_unordered`].
#[must_use = "it sends nothing until it is read"]
pub struct MapUnordered<A, R, I> {
    mapper: Mapper<A, R, I>,
}

impl<A, R, I: Iterator<Item = A>> Iterator for MapUnordered<A, R, I> {
    type Item = Outcome<R>;

    fn next(&mut self) -> Option<Self::Item> {
        let ended = self.mapper.next_ended()?;
        Some(self.mapper.give(ended))
    }
}

/// Outcomes of the tasks sent, as they end: see [`Repartidor::as_completed`].
#[must_use = "dropped, it ends the run: see `Repartidor`"]
pub struct AsCompleted<A, R> {
    repartidor: Repartidor<A, R>,
}

impl<A, R> Iterator for AsCompleted<A, R> {
    type Item = Outcome<R>;

    fn next(&mut self) -> Option<Self::Item> {
        let caller_end = self.repartidor.caller_end();
        let ended = caller_end.outcomes.recv().ok()?;
        Some(caller_end.give(ended))
    }
}

impl<A, R, I: Iterator<Item = A>> FusedIterator for Map<A, R, I> {}
impl<A, R, I: Iterator<Item = A>> FusedIterator for MapUnordered<A, R, I> {}
impl<A, R> FusedIterator for AsCompleted<A, R> {}

impl<A, R, I> fmt::Debug for Map<A, R, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map")
            .field("repartidor", &self.mapper.repartidor)
            .finish_non_exhaustive()
    }
}

impl<A, R, I> fmt::Debug for MapUnordered<A, R, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapUnordered")
            .field("repartidor", &self.mapper.repartidor)
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
