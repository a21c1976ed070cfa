//! A run in two halves.

use std::collections::BTreeMap;
use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::engine::{News, Request, Wires};
use crate::error::TryNextError;
use crate::results::Outcome;
use crate::{Repartidor, SendError, TaskId};

pub(crate) fn split<A, R>(repartidor: Repartidor<A, R>) -> (TaskSender<A, R>, Outcomes<A, R>) {
    let window = usize::try_from(repartidor.window()).unwrap_or(usize::MAX);
    let (enter, places) = bounded(window);
    // Those that were sent before are in the window too, as far as it goes.
    let inside = (0..repartidor.sent()).take_while(|_| enter.try_send(()).is_ok());
    let inside = inside.count() as u64;
    let outcomes = Outcomes {
        wires: Arc::clone(repartidor.wires()),
        places,
        surplus: repartidor.sent() - inside,
    };
    (TaskSender { repartidor, enter }, outcomes)
}

pub(crate) fn split_ordered<A, R>(
    repartidor: Repartidor<A, R>,
) -> (TaskSender<A, R>, OrderedOutcomes<A, R>) {
    let (sender, outcomes) = split(repartidor);
    let in_order = OrderedOutcomes {
        outcomes,
        early: BTreeMap::new(),
        next: 0,
    };
    (sender, in_order)
}

/// The half of a run that sends: see [`Repartidor::split`]. Once it is dropped,
/// the outcomes end with those of the tasks sent.
pub struct TaskSender<A, R> {
    repartidor: Repartidor<A, R>,
    /// Blocks while the window has no place.
    enter: Sender<()>,
}

impl<A, R> TaskSender<A, R> {
    /// Hands over a task, as [`Repartidor::enviar`] does. Blocks, too, while as
    /// many tasks as the [window](crate::Options::window) has places are sent and
    /// not yet given to the reader of the outcomes.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the task in it, once the run is over; it is when nobody
    /// reads the outcomes any more.
    pub fn enviar(&mut self, args: A) -> Result<TaskId, SendError<A>> {
        match self.enter.send(()) {
            Ok(()) => self.repartidor.enviar(args),
            Err(_) => Err(self.repartidor.unsent(args)),
        }
    }
}

impl<A, R> Drop for TaskSender<A, R> {
    fn drop(&mut self) {
        self.repartidor.close();
    }
}

impl<A, R> fmt::Debug for TaskSender<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskSender")
            .field("repartidor", &self.repartidor)
            .finish_non_exhaustive()
    }
}

/// The half of a run that gives each task's outcome, as it ends: see
/// [`Repartidor::split`].
#[must_use = "dropped, it ends the run: see `Repartidor`"]
pub struct Outcomes<A, R> {
    wires: Arc<Wires<A, R>>,
    places: Receiver<()>,
    /// How many more were sent before than the window has places.
    surplus: u64,
}

impl<A, R> Outcomes<A, R> {
    /// Returns the next outcome, if there is one already.
    ///
    /// # Errors
    ///
    /// [`TryNextError::Empty`] if no task has ended that was not given, and
    /// [`TryNextError::Ended`] after the last outcome.
    pub fn try_next(&mut self) -> Result<Outcome<R>, TryNextError> {
        let outcome = self.wires.outcomes.try_recv()?;
        self.given();
        Ok(outcome)
    }

    /// The window has a place more.
    fn given(&mut self) {
        match self.surplus {
            0 => drop(self.places.try_recv()),
            _ => self.surplus -= 1,
        }
    }
}

impl<A, R> Iterator for Outcomes<A, R> {
    type Item = Outcome<R>;

    fn next(&mut self) -> Option<Self::Item> {
        let outcome = self.wires.outcomes.recv().ok()?;
        self.given();
        Some(outcome)
    }
}

/// The other half may still wait for a task to send.
impl<A, R> Drop for Outcomes<A, R> {
    fn drop(&mut self) {
        self.wires.run.tell(News::Asked(Request::Abandon));
    }
}

/// The half of a run that gives each task's outcome, in order of sending: see
/// [`Repartidor::split_ordered`].
#[must_use = "dropped, it ends the run: see `Repartidor`"]
pub struct OrderedOutcomes<A, R> {
    outcomes: Outcomes<A, R>,
    /// Those that wait for an earlier one.
    early: BTreeMap<u64, Outcome<R>>,
    next: u64,
}

impl<A, R> OrderedOutcomes<A, R> {
    /// Returns the next outcome in order of sending, if its task has ended.
    ///
    /// # Errors
    ///
    /// [`TryNextError::Empty`] if it has not, and [`TryNextError::Ended`] after the
    /// last outcome.
    pub fn try_next(&mut self) -> Result<Outcome<R>, TryNextError> {
        let wires = Arc::clone(&self.outcomes.wires);
        self.next_from(|| Ok(wires.outcomes.try_recv()?))
    }

    fn next_from<E>(&mut self, more: impl Fn() -> Result<Outcome<R>, E>) -> Result<Outcome<R>, E> {
        loop {
            if let Some(outcome) = self.early.remove(&self.next) {
                self.next += 1;
                self.outcomes.given();
                return Ok(outcome);
            }
            let outcome = more()?;
            self.early.insert(outcome.0.index(), outcome);
        }
    }
}

impl<A, R> Iterator for OrderedOutcomes<A, R> {
    type Item = Outcome<R>;

    fn next(&mut self) -> Option<Self::Item> {
        let wires = Arc::clone(&self.outcomes.wires);
        self.next_from(|| wires.outcomes.recv()).ok()
    }
}

impl<A, R> FusedIterator for Outcomes<A, R> {}
impl<A, R> FusedIterator for OrderedOutcomes<A, R> {}

impl<A, R> fmt::Debug for Outcomes<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcomes")
            .field("ended", &self.wires.outcomes.len())
            .finish_non_exhaustive()
    }
}

impl<A, R> fmt::Debug for OrderedOutcomes<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrderedOutcomes")
            .field("outcomes", &self.outcomes)
            .field("early", &self.early.len())
            .finish_non_exhaustive()
    }
}
