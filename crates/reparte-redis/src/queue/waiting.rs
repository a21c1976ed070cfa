//! The calls that wait for their answers.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reparte::{CallError, CallId};

use crate::queue::answer::Answer;

/// A task as it is submitted.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) n: u64,
    /// The document of the call.
    pub(crate) document: Arc<[u8]>,
    /// The time that the work may take from its start on.
    pub(crate) limit: Option<Duration>,
}

/// The outcome that a waiting call gets.
pub(crate) type CallOutcome = Result<Answer, CallError>;

/// The calls that wait for their answers. A number is never given twice, so that an answer that
/// comes twice finds nobody the second time.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    next: u64,
    calls: HashMap<u64, WaitingCall>,
    /// The numbers of the calls in `calls`.
    by_id: HashMap<CallId, u64>,
}

#[derive(Debug)]
struct WaitingCall {
    id: CallId,
    task: Task,
    outcome: SyncSender<CallOutcome>,
}

impl Waiting {
    /// Enters a call, and returns its task and where its outcome will come.
    pub(crate) fn enter(
        &self,
        id: CallId,
        document: Vec<u8>,
        limit: Option<Duration>,
    ) -> (Task, Receiver<CallOutcome>) {
        // One outcome at most comes: whoever sends it has taken the call out.
        let (sender, receiver) = sync_channel(1);
        let mut table = self.lock();
        table.next += 1;
        let task = Task {
            n: table.next,
            document: document.into(),
            limit,
        };
        table.by_id.insert(id, task.n);
        let call = WaitingCall {
            id,
            task: task.clone(),
            outcome: sender,
        };
        table.calls.insert(task.n, call);
        (task, receiver)
    }

    /// Gives a call its outcome, which the first one ends. Returns false if nobody waits for it.
    pub(crate) fn end(&self, n: u64, outcome: CallOutcome) -> bool {
        let mut table = self.lock();
        let Some(call) = table.calls.remove(&n) else {
            return false;
        };
        table.by_id.remove(&call.id);
        drop(table);
        call.outcome.send(outcome).is_ok()
    }

    /// Takes a call out by its id, and returns its number.
    pub(crate) fn number_of(&self, id: CallId) -> Option<u64> {
        self.lock().by_id.get(&id).copied()
    }

    /// Returns the task of a number, if its call still waits.
    pub(crate) fn task(&self, n: u64) -> Option<Task> {
        self.lock().calls.get(&n).map(|call| call.task.clone())
    }

    /// Returns the numbers of all calls that wait.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.lock().calls.keys().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Nothing between two changes of the table can panic but for want of memory.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use reparte::ErrorKind;

    use super::*;

    #[test]
    fn a_call_ends_once() {
        let waiting = Waiting::default();
        let id = CallId::new(7);
        let (task, outcome) = waiting.enter(id, b"a".to_vec(), None);
        assert_eq!(waiting.numbers(), [task.n]);
        assert_eq!(waiting.number_of(id), Some(task.n));
        let ended = |text| Err(CallError::new(ErrorKind::Cancelled, text));
        assert!(waiting.end(task.n, ended("first")));
        assert!(!waiting.end(task.n, ended("second")));
        assert_eq!(outcome.recv().unwrap().unwrap_err().message(), "first");
        assert!(outcome.recv().is_err());
        assert_eq!(waiting.number_of(id), None);
        assert!(waiting.task(task.n).is_none());
        let (next, _) = waiting.enter(id, Vec::new(), None);
        assert_ne!(next.n, task.n);
    }
}
