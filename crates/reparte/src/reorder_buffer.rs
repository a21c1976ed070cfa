//! The buffer that puts outcomes in order.

use std::collections::BTreeMap;

use crate::ids::TaskId;
use crate::outcome::EndedTask;

/// Outcomes that wait for an earlier one: they come in as tasks end, and go out in the order
/// of sending.
pub(crate) struct ReorderBuffer<R> {
    early: BTreeMap<TaskId, EndedTask<R>>,
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
        mut source: impl FnMut() -> Result<EndedTask<R>, E>,
    ) -> Result<EndedTask<R>, E> {
        let next = match self.early.remove(&self.next) {
            Some(early) => early,
            None => loop {
                let ended = source()?;
                if ended.task == self.next {
                    break ended;
                }
                self.early.insert(ended.task, ended);
            },
        };
        self.next = TaskId::new(next.task.index() + 1);
        Ok(next)
    }

    /// Returns the number of outcomes that wait for an earlier one.
    pub(crate) fn len(&self) -> usize {
        self.early.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(task: u64) -> EndedTask<u64> {
        EndedTask {
            task: TaskId::new(task),
            outcome: Ok(10 * task),
            bytes: 1,
        }
    }

    #[test]
    fn outcomes_go_out_in_order_of_sending() {
        let mut buffer = ReorderBuffer::new();
        let mut tasks = [2, 0, 1, 4].into_iter();
        let mut source = || tasks.next().map(ended).ok_or("no more");
        for task in 0..3 {
            let next = buffer.next_from(&mut source).unwrap();
            assert_eq!(
                (next.task.index(), next.outcome.unwrap()),
                (task, 10 * task)
            );
        }
        assert_eq!(buffer.next_from(&mut source).unwrap_err(), "no more");
        assert_eq!(buffer.len(), 1);
        let late = buffer.next_from(|| Ok::<_, ()>(ended(3)));
        assert_eq!(late.unwrap().task.index(), 3);
        assert_eq!(buffer.next_from(source).unwrap().task.index(), 4);
    }
}
