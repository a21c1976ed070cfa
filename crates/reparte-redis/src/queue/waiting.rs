//! The calls that wait for their answers.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reparte::{Call, CallError, CallId, TaskId};

use crate::queue::answer::Answer;
use crate::queue::claims::{Claims, KeptTask, Settlement};
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
    /// The task by its place in the run, if a later client is to find it.
    pub(crate) kept: Option<KeptTask>,
}

/// The fate of a call whose task an earlier client has submitted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The answer will come.
    Waits,
    /// The answer is there, with this id.
    Answered(String),
    /// The call does not wait any more.
    Ended,
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
    /// Of a run that is kept.
    claims: Option<Claims>,
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
    /// Creates the calls of a kept run, whose tasks have numbers from `first` on.
    pub(crate) fn kept(first: u64) -> Self {
        let table = Table {
            next: first,
            claims: Some(Claims::new(first)),
            ..Table::default()
        };
        Self(Mutex::new(table))
    }

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
        let index = call.task.map(TaskId::index);
        let claims = table.claims.as_mut();
        let kept = claims.and_then(|claims| claims.enter(index));
        let task = Task {
            n: table.next,
            document: document.into(),
            limit,
            avoid: call.avoided().join("\n").into(),
            sending: Arc::default(),
            kept,
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
        self.end_with(n, outcome, None)
    }

    /// Gives a call of a kept run its answer, which has this id. One that nobody waits for is noted.
    pub(crate) fn deliver(&self, n: u64, answer: Answer, id: &str) {
        if !self.end_with(n, Ok(answer), Some(id)) {
            self.note_unwanted(n, id);
        }
    }

    fn end_with(&self, n: u64, outcome: CallOutcome, answer: Option<&str>) -> bool {
        let mut table = self.lock();
        let Some(call) = table.calls.remove(&n) else {
            return false;
        };
        table.by_id.remove(&call.call.id);
        if let Some(claims) = &mut table.claims {
            let task = call.task.kept.map(|kept| kept.index);
            claims.end(call.call.id, task, n, answer.map(str::to_owned));
        }
        drop(table);
        call.outcome.send(outcome).is_ok()
    }

    /// Gives a call the number under which an earlier client has submitted its task.
    pub(crate) fn claim(&self, n: u64, earlier: u64) -> Claim {
        let mut table = self.lock();
        if table.calls.contains_key(&earlier) {
            // It is another call's: the next comparison with the server misses this one, and it is
            // submitted again.
            if let Some(call) = table.calls.get_mut(&n) {
                call.is_submitted = true;
            }
            return Claim::Waits;
        }
        let Some(mut call) = table.calls.remove(&n) else {
            return Claim::Ended;
        };
        let claims = table.claims.as_mut();
        let answer = claims.and_then(|claims| claims.claim(earlier));
        call.task.n = earlier;
        // One whose answer is fetched is not missing.
        call.is_submitted = answer.is_none();
        table.by_id.insert(call.call.id, earlier);
        table.calls.insert(earlier, call);
        answer.map_or(Claim::Waits, Claim::Answered)
    }

    /// Notes an answer of a kept run that is there, without its content. Returns true if a call waits
    /// for it.
    pub(crate) fn note_there(&self, n: u64, id: &str) -> bool {
        let mut table = self.lock();
        if let Some(call) = table.calls.get_mut(&n) {
            call.is_submitted = false;
            return true;
        }
        drop(table);
        self.note_unwanted(n, id);
        false
    }

    fn note_unwanted(&self, n: u64, id: &str) {
        if let Some(claims) = &mut self.lock().claims {
            claims.note_unwanted(n, id);
        }
    }

    /// Notes that the outcome of a call is kept.
    pub(crate) fn settle(&self, call: CallId) {
        if let Some(claims) = &mut self.lock().claims {
            claims.settle(call);
        }
    }

    /// Keeps the tasks of calls that end without an answer: the run goes on without this client.
    pub(crate) fn leave(&self) {
        if let Some(claims) = &mut self.lock().claims {
            claims.leave();
        }
    }

    /// Takes what the server need not keep any longer.
    pub(crate) fn take_settled(&self) -> Vec<Settlement> {
        let mut table = self.lock();
        let claims = table.claims.as_mut();
        claims.map(Claims::take_settled).unwrap_or_default()
    }

    /// Gives back what was taken: the server has not been told.
    pub(crate) fn put_back(&self, settled: Vec<Settlement>) {
        if let Some(claims) = &mut self.lock().claims {
            claims.put_back(settled);
        }
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

    #[test]
    fn a_call_goes_on_with_the_task_of_an_earlier_client() {
        let waiting = Waiting::kept(1000);
        let call = |number: u64| Call::new(CallId::new(number)).with_task(TaskId::new(number));
        let (task, _one) = waiting.enter(&call(0), Vec::new(), None);
        assert_eq!((task.n, task.kept.unwrap().index), (1001, 0));
        assert_eq!(waiting.claim(1001, 7), Claim::Waits);
        assert_eq!(waiting.number_of(CallId::new(0)), Some(7));
        assert_eq!(waiting.submitted(), [7]);
        // The answer to another task is there before its call.
        assert!(!waiting.note_there(8, "5-0"));
        let (task, _other) = waiting.enter(&call(1), Vec::new(), None);
        assert_eq!(waiting.claim(task.n, 8), Claim::Answered("5-0".to_owned()));
        assert_eq!(waiting.submitted(), [7], "the other one is fetched");
        assert_eq!(waiting.claim(5000, 9), Claim::Ended);
        assert!(waiting.note_there(7, "6-0"));
    }
}
