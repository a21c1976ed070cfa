//! The buffer that puts outcomes in order.

use std::collections::BTreeMap;

use crate::error::task::TaskError;
use crate::ids::TaskId;
use crate::outcome::Outcome;

/// Outcomes that wait for an earlier one: they come in as tasks end, and go out in the order
/// of sending.
pub(crate) struct ReorderBuffer<R> {
    early: BTreeMap<TaskId, Result<R, TaskError>>,
    /// The task whose outcome goes out next. No outcome in `early` is of an earlier task.
    next: TaskId,
}

impl<R> ReorderBuffer<R> {
    /// Creates an empty buffer, whose first outcome to go out is that of the first task.
    pub(crate) fn new() -> Self {
        Self {
            early: BTreeMap::new(),
            next: TaskId::new(0),
        }
    }

    /// Returns the next outcome in order, and takes outcomes from `source` until it has
    /// come.
    ///
    /// # Errors
    ///
    /// The error of `source`. What came before it stays in the buffer.
    pub(crate) fn next_from<E>(
        &mut self,
        mut source: impl FnMut() -> Result<Outcome<R>, E>,
    ) -> Result<Outcome<R>, E> {
        if let Some(outcome) = self.early.remove(&self.next) {
            return Ok(self.give(outcome));
        }
        loop {
            let (task, outcome) = source()?;
            if task == self.next {
                return Ok(self.give(outcome));
            }
            self.early.insert(task, outcome);
        }
    }

    /// Returns the outcome of the next task, and counts it as given.
    fn give(&mut self, outcome: Result<R, TaskError>) -> Outcome<R> {
        let task = self.next;
        self.next = TaskId::new(task.index() + 1);
        (task, outcome)
    }

    /// Returns the number of outcomes that wait for an earlier one.
    pub(crate) fn len(&self) -> usize {
        self.early.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_go_out_in_order_of_sending() {
        let mut buffer = ReorderBuffer::new();
        let mut ended = [2, 0, 1, 4].into_iter();
        let mut source = || match ended.next() {
            Some(task) => Ok((TaskId::new(task), Ok(10 * task))),
            None => Err("no more"),
        };
        for task in 0..3 {
            let (id, outcome) = buffer.next_from(&mut source).unwrap();
            assert_eq!((id.index(), outcome.unwrap()), (task, 10 * task));
        }
        assert_eq!(buffer.next_from(&mut source).unwrap_err(), "no more");
        assert_eq!(buffer.len(), 1);
        let late = buffer.next_from(|| Ok::<_, ()>((TaskId::new(3), Ok(30))));
        assert_eq!(late.unwrap().0.index(), 3);
        assert_eq!(buffer.next_from(source).unwrap().0.index(), 4);
    }
}
