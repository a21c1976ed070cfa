//! The tasks of a kept run: which of them an earlier client has left, and which answers the client
//! has, and needs no more.

use std::collections::{HashMap, HashSet};

use reparte::CallId;

/// A task of a kept run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeptTask {
    /// Its place in the run.
    pub(crate) index: u64,
    /// True for a task that this client has submitted before. An answer that is there is not wanted.
    pub(crate) is_again: bool,
}

/// The knowledge that a client has of the tasks and answers of a kept run.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// The number of the client's first task. Those below are of earlier clients.
    first: u64,
    /// The tasks that a call waits for under their own name.
    named: HashSet<u64>,
    /// The tasks that a call has waited for: a later call of them wants new work.
    tried: HashSet<u64>,
    /// The ids of the answers to tasks of earlier clients that no call has asked for yet, by number.
    unclaimed: HashMap<u64, String>,
    /// The calls that have their outcome, and may not have kept it yet.
    unsettled: HashMap<CallId, Settlement>,
    /// The answers and tasks that the server need not keep any longer.
    settled: Vec<Settlement>,
    /// The run goes on without this client.
    is_left: bool,
}

/// An answer that the client has, or a task that it wants no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settlement {
    /// The answer's id, if there is an answer.
    pub(crate) answer: Option<String>,
    /// The task, if its call had its name.
    pub(crate) task: Option<u64>,
    pub(crate) n: u64,
}

impl Claims {
    /// Creates the claims of a client whose tasks have numbers from `first` on.
    pub(crate) fn new(first: u64) -> Self {
        Self {
            first,
            ..Self::default()
        }
    }

    /// Enters a call of a task. None if another call of it waits: this one has no name then, and a
    /// later client does not find it.
    pub(crate) fn enter(&mut self, task: Option<u64>) -> Option<KeptTask> {
        let index = task.filter(|task| self.named.insert(*task))?;
        Some(KeptTask {
            index,
            is_again: self.tried.contains(&index),
        })
    }

    /// Notes that a call has its outcome.
    pub(crate) fn end(&mut self, call: CallId, task: Option<u64>, n: u64, answer: Option<String>) {
        if let Some(task) = task {
            self.named.remove(&task);
        }
        if answer.is_none() && self.is_left {
            return;
        }
        self.tried.extend(task);
        self.unsettled.insert(call, Settlement { answer, task, n });
    }

    /// Keeps the tasks of calls that end without an answer, and the answers that come from now on: the
    /// run goes on without this client.
    pub(crate) fn leave(&mut self) {
        self.is_left = true;
    }

    /// Notes that a call's outcome is kept.
    pub(crate) fn settle(&mut self, call: CallId) {
        self.settled.extend(self.unsettled.remove(&call));
    }

    /// Takes what the server need not keep any longer.
    pub(crate) fn take_settled(&mut self) -> Vec<Settlement> {
        std::mem::take(&mut self.settled)
    }

    /// Gives back what was taken: the server has not been told.
    pub(crate) fn put_back(&mut self, settled: Vec<Settlement>) {
        self.settled.extend(settled);
    }

    /// Notes an answer that no call waits for. It is kept if a call may ask for it, or has it and
    /// has not kept it yet.
    pub(crate) fn note_unwanted(&mut self, n: u64, answer: &str) {
        let is_this = |settlement: &&Settlement| settlement.answer.as_deref() == Some(answer);
        if self.unsettled.values().find(is_this).is_some()
            || self.settled.iter().find(is_this).is_some()
        {
            return;
        }
        if self.is_left || n < self.first {
            self.unclaimed.insert(n, answer.to_owned());
        } else {
            self.settled.push(Settlement {
                answer: Some(answer.to_owned()),
                task: None,
                n,
            });
        }
    }

    /// Takes the id of the answer to a task of an earlier client, if it is there.
    pub(crate) fn claim(&mut self, n: u64) -> Option<String> {
        self.unclaimed.remove(&n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_forgotten_once_its_call_is_settled() {
        let mut claims = Claims::new(100);
        let call = CallId::new(1);
        let kept = claims.enter(Some(7)).unwrap();
        assert!(!kept.is_again);
        assert!(claims.enter(Some(7)).is_none(), "a hedge has no name");
        assert!(claims.enter(None).is_none());
        claims.end(call, Some(7), 101, Some("5-0".to_owned()));
        // After a new connection the answer is read once more.
        claims.note_unwanted(101, "5-0");
        assert!(claims.take_settled().is_empty());
        claims.settle(call);
        claims.settle(call);
        claims.note_unwanted(101, "5-0");
        let settled = claims.take_settled();
        let expected = Settlement {
            answer: Some("5-0".to_owned()),
            task: Some(7),
            n: 101,
        };
        assert_eq!(settled, [expected]);
        assert!(claims.enter(Some(7)).unwrap().is_again);
    }

    /// A client that left a run once had its tasks forgotten, and the next one submitted them again.
    #[test]
    fn the_tasks_of_a_run_that_is_left_are_kept() {
        let mut claims = Claims::new(100);
        claims.leave();
        claims.end(CallId::new(1), Some(7), 101, None);
        claims.end(CallId::new(2), Some(8), 102, Some("5-0".to_owned()));
        for call in [1, 2] {
            claims.settle(CallId::new(call));
        }
        // One that its reader still sees.
        claims.note_unwanted(103, "6-0");
        assert_eq!(claims.take_settled().len(), 1);
        // Where the run goes on with this client all the same, a later call of the task is for what is there.
        assert!(!claims.enter(Some(7)).unwrap().is_again);
        assert_eq!(claims.claim(103).as_deref(), Some("6-0"));
    }

    #[test]
    fn answers_to_an_earlier_client_wait_for_their_calls() {
        let mut claims = Claims::new(100);
        claims.note_unwanted(99, "1-0");
        claims.note_unwanted(100, "2-0");
        assert_eq!(claims.claim(99).as_deref(), Some("1-0"));
        assert_eq!(claims.claim(99), None);
        assert_eq!(claims.claim(100), None);
        let settled = claims.take_settled();
        assert_eq!(settled.len(), 1, "nobody asks for it: {settled:?}");
        claims.put_back(settled);
        assert_eq!(claims.take_settled().len(), 1);
    }
}
