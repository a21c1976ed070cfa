//! The state of a queue, of a worker and of a run.

use std::time::Duration;

use crate::holder::Holder;

/// The state of the queue of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueStatus {
    /// The function.
    pub function: String,
    /// The number of tasks that no worker has.
    pub waiting: usize,
    /// The number of tasks that a worker has.
    pub at_work: usize,
    /// The time since the oldest task was submitted.
    pub oldest: Option<Duration>,
    /// The number of tasks whose run has ended. Workers remove them when they come upon them.
    pub ownerless: usize,
    /// The lease, once a worker has chosen it.
    pub lease: Option<Duration>,
    /// The workers that have announced themselves, by name.
    pub workers: Vec<WorkerStatus>,
    /// The runs that have not ended.
    pub runs: Vec<RunStatus>,
    /// The server's refusal to show a key of the queue: the key is another program's, or the user
    /// may not read it. All else here is empty then.
    pub trouble: Option<String>,
}

/// The state of a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerStatus {
    /// The name of this start of the worker.
    pub name: String,
    /// The number of tasks that it takes at a time; 0 if it does not say.
    pub slots: usize,
    /// The number of tasks that it has.
    pub tasks: usize,
    /// The version that it tells.
    pub version: String,
    /// The time since it announced itself last. A live worker does so every third of the lease.
    pub silence: Duration,
}

/// The state of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunStatus {
    /// The random text that names the run.
    pub run: String,
    /// The number of its tasks that are on the queue and not done.
    pub tasks: usize,
    /// The number of tasks of a detached run that are not on the queue yet.
    pub backlog: usize,
    /// The number of answers that its client has not read.
    pub answers: usize,
    /// The time since its client was there last. A live client looks in every 5 seconds.
    pub silence: Duration,
    /// The time until the server forgets it, if no client comes.
    pub expires_in: Duration,
    /// It outlives its client.
    pub is_kept: bool,
    /// The bytes of a detached run. None for others.
    pub detached: Option<DetachedBytes>,
    /// The client of a run that is kept, if it has one.
    pub holder: Option<Holder>,
}

/// The bytes that a detached run takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DetachedBytes {
    /// The bytes of its tasks, as they were submitted.
    pub tasks: u64,
    /// The bytes of the answers that are there.
    pub answers: u64,
    /// The bytes of the answers from which on no more of its tasks are begun, until some are collected.
    pub answer_limit: u64,
}

impl DetachedBytes {
    /// Reads the bytes of the tasks, the limit and the bytes of the answers.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ').map(|number| number.parse().ok());
        Some(Self {
            tasks: numbers.next()??,
            answer_limit: numbers.next()??,
            answers: numbers.next()??,
        })
    }

    /// Returns true if no more of its tasks are begun until answers are collected.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.answers >= self.answer_limit
    }
}

/// The silence from which on a client or a worker is taken for dead: two looks of a client are missing,
/// or three announcements of a worker.
const LONGEST_SILENCE: Duration = Duration::from_secs(15);

impl QueueStatus {
    /// Returns the state of a queue of which the server refuses to show a key.
    pub(crate) fn refused(function: String, trouble: String) -> Self {
        Self {
            function,
            waiting: 0,
            at_work: 0,
            oldest: None,
            ownerless: 0,
            lease: None,
            workers: Vec::new(),
            runs: Vec::new(),
            trouble: Some(trouble),
        }
    }

    /// Returns the slots of all workers.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.workers.iter().map(|worker| worker.slots).sum()
    }
}

impl WorkerStatus {
    /// Reads the details that a worker has announced.
    pub(crate) fn read(name: String, details: &str, tasks: usize, silence: Duration) -> Self {
        let mut words = details.split_whitespace();
        let slots = words.next().and_then(|slots| slots.parse().ok());
        Self {
            name,
            slots: slots.map_or(0, |slots: u16| slots.into()),
            tasks,
            version: words.nth(1).unwrap_or_default().to_owned(),
            silence,
        }
    }
}

impl WorkerStatus {
    /// Returns true if the worker announced itself in the last 15 seconds.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.silence < LONGEST_SILENCE
    }
}

impl RunStatus {
    /// Returns true if the client of the run was there in the last 15 seconds. That of a kept run has its
    /// lease.
    #[must_use]
    pub fn is_client_alive(&self) -> bool {
        match self.is_kept {
            true => self.holder.is_some(),
            false => self.silence < LONGEST_SILENCE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_of_any_worker_are_read() {
        for (details, slots, version) in [
            ("4 2 0.2.0", 4, "0.2.0"),
            ("4 2 0.2.0 more", 4, "0.2.0"),
            ("4", 4, ""),
            ("", 0, ""),
            ("-1 x", 0, ""),
            ("99999", 0, ""),
        ] {
            let worker = WorkerStatus::read("w".to_owned(), details, 0, Duration::ZERO);
            assert_eq!(
                (worker.slots, &*worker.version),
                (slots, version),
                "{details:?}"
            );
        }
    }

    #[test]
    fn the_bytes_of_a_detached_run_are_read() {
        let read = DetachedBytes::read("10 20 30").unwrap();
        assert_eq!((read.tasks, read.answer_limit, read.answers), (10, 20, 30));
        assert!(read.is_full());
        assert!(!DetachedBytes::read("10 31 30").unwrap().is_full());
        for odd in ["", "10", "10 20", "a b c"] {
            assert_eq!(DetachedBytes::read(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn who_is_silent_for_15_seconds_is_taken_for_dead() {
        let run = |seconds| RunStatus {
            run: "1".to_owned(),
            tasks: 0,
            backlog: 0,
            answers: 0,
            silence: Duration::from_secs(seconds),
            expires_in: Duration::ZERO,
            is_kept: false,
            detached: None,
            holder: None,
        };
        let worker = |seconds| {
            WorkerStatus::read("w".to_owned(), "", 0, Duration::from_secs(seconds)).is_alive()
        };
        assert!(worker(10) && !worker(15));
        assert!(run(10).is_client_alive());
        assert!(!run(15).is_client_alive());
    }
}
