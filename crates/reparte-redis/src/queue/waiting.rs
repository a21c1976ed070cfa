//! The calls that wait for their answers.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reparte::{Call, CallError, CallId};

use crate::queue::answer::Answer;
use crate::sending::Sending;

/// A task as it is submitted.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) n: u64,
    /// The document of the call.
    pub(crate) document: Arc<[u8]>,
    /// The time that the work may take from its start on.
    pub(crate) limit: Option<Duration>,
    /// The workers that are to avoid it, one a line.
    pub(crate) avoid: Arc<str>,
    /// Tells whether its submission was sent.
    pub(crate) sending: Arc<Sending>,
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
    call: Call,
    task: Task,
    /// The server has replied to its submission.
    is_submitted: bool,
    /// The names of the workers that were lost with it, as far as they are noted.
    lost: Vec<String>,
    outcome: SyncSender<CallOutcome>,
}

impl Waiting {
    /// Enters a call, and returns its task and where its outcome will come.
    pub(crate) fn enter(
        &self,
        call: &Call,
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
            avoid: call.avoided().join("\n").into(),
            sending: Arc::default(),
        };
        table.by_id.insert(call.id, task.n);
        let call = WaitingCall {
            call: call.clone(),
            task: task.clone(),
            is_submitted: false,
            lost: Vec::new(),
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
        table.by_id.remove(&call.call.id);
        drop(table);
        call.outcome.send(outcome).is_ok()
    }

    /// Notes that a worker has begun a task, for its call if that waits.
    pub(crate) fn note_begun(&self, n: u64, worker: &str, at_work: Duration) {
        if let Some(call) = self.call(n) {
            call.note_begun(worker, at_work);
        }
    }

    /// Notes the workers that are unfit for a task, for its call if that waits.
    pub(crate) fn note_unfit(&self, n: u64, workers: &[String]) {
        if !workers.is_empty()
            && let Some(call) = self.call(n)
        {
            workers.iter().for_each(|worker| call.note_unfit(worker));
        }
    }

    /// Returns a call that waits. It is told without the lock, which a cancellation takes.
    fn call(&self, n: u64) -> Option<Call> {
        self.lock()
            .calls
            .get(&n)
            .map(|waiting| waiting.call.clone())
    }

    /// Notes the workers that were lost with a task, each once, for its call if that waits.
    pub(crate) fn note_lost(&self, n: u64, workers: &[String]) {
        if workers.is_empty() {
            return;
        }
        let mut table = self.lock();
        let Some(waiting) = table.calls.get_mut(&n) else {
            return;
        };
        let known = &waiting.lost;
        let new = workers.iter().filter(|worker| !known.contains(worker));
        let new: Vec<String> = new.cloned().collect();
        waiting.lost.extend_from_slice(&new);
        let call = waiting.call.clone();
        drop(table);
        // Without the lock, which a cancellation takes.
        for worker in new {
            call.note_lost(&worker);
        }
    }

    /// Takes a call out by its id, and returns its number.
    pub(crate) fn number_of(&self, id: CallId) -> Option<u64> {
        self.lock().by_id.get(&id).copied()
    }

    /// Notes that the server has replied to the submission of a task. Returns false if its call
    /// does not wait any more.
    pub(crate) fn note_submitted(&self, n: u64) -> bool {
        let mut table = self.lock();
        let call = table.calls.get_mut(&n);
        call.map(|call| call.is_submitted = true).is_some()
    }

    /// Returns the task of a number that the server has lost, if its call still waits. It is to be
    /// submitted again.
    pub(crate) fn take_lost(&self, n: u64) -> Option<Task> {
        let mut table = self.lock();
        let call = table.calls.get_mut(&n)?;
        let was_submitted = std::mem::take(&mut call.is_submitted);
        call.task.sending = Arc::default();
        was_submitted.then(|| call.task.clone())
    }

    /// Returns the numbers of all calls that wait.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.lock().calls.keys().copied().collect()
    }

    /// Returns whether a call waits.
    pub(crate) fn are_any(&self) -> bool {
        !self.lock().calls.is_empty()
    }

    /// Returns the numbers of the calls whose tasks the server has, or has lost.
    pub(crate) fn submitted(&self) -> Vec<u64> {
        let table = self.lock();
        let submitted = table.calls.iter().filter(|(_, call)| call.is_submitted);
        submitted.map(|(n, _)| *n).collect()
    }

    /// Withdraws the submissions that were not sent. Returns the numbers of their calls.
    pub(crate) fn withdraw_unsent(&self) -> Vec<u64> {
        let table = self.lock();
        let calls = table.calls.iter();
        let unsent = calls.filter(|(_, call)| !call.is_submitted && call.task.sending.withdraw());
        unsent.map(|(n, _)| *n).collect()
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
        assert!(!waiting.note_submitted(1));
        let call = Call::new(id).with_avoided(["a".into(), "b".into()]);
        let (task, outcome) = waiting.enter(&call, b"a".to_vec(), None);
        assert_eq!(&*task.avoid, "a\nb");
        waiting.note_begun(task.n, "c", Duration::ZERO);
        assert_eq!(call.worker().as_deref(), Some("c"));
        waiting.note_lost(task.n, &["d".to_owned()]);
        assert_eq!(call.worker().as_deref(), Some("c"));
        waiting.note_lost(task.n, &["d".to_owned(), "c".to_owned()]);
        assert_eq!(call.worker(), None);
        waiting.note_begun(task.n, "c", Duration::ZERO);
        waiting.note_lost(task.n, &["d".to_owned(), "c".to_owned()]);
        assert_eq!(call.worker().as_deref(), Some("c"), "each is noted once");
        assert_eq!(waiting.numbers(), [task.n]);
        assert_eq!(waiting.number_of(id), Some(task.n));
        let ended = |text| Err(CallError::new(ErrorKind::Cancelled, text));
        assert!(task.sending.begin());
        assert!(waiting.withdraw_unsent().is_empty(), "it was sent");
        task.sending.note_refused();
        assert_eq!(waiting.withdraw_unsent(), [task.n]);
        // Its submission is on its way: it is not lost.
        assert!(waiting.take_lost(task.n).is_none());
        assert!(waiting.note_submitted(task.n));
        assert_eq!(waiting.submitted(), [task.n]);
        assert!(waiting.take_lost(task.n).is_some());
        assert!(waiting.take_lost(task.n).is_none());
        assert!(waiting.end(task.n, ended("first")));
        assert!(!waiting.end(task.n, ended("second")));
        assert_eq!(outcome.recv().unwrap().unwrap_err().message(), "first");
        assert!(outcome.recv().is_err());
        assert_eq!(waiting.number_of(id), None);
        let (next, _) = waiting.enter(&call, Vec::new(), None);
        assert_ne!(next.n, task.n);
    }
}
