//! The tasks that a worker has, from when it takes them until their results are committed.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use xmlrpc_server::Context;

use crate::worker::job::Job;

/// The tasks that a worker has, by the ids of their entries.
#[derive(Debug)]
pub(crate) struct Running {
    state: Mutex<State>,
    changes: Condvar,
    slots: usize,
}

#[derive(Debug, Default)]
struct State {
    tasks: HashMap<String, RunningTask>,
    /// Slots that have a task to work on.
    busy: usize,
    /// No tasks are taken before this.
    paused_until: Option<Instant>,
    /// Pauses in a row.
    pauses: u32,
    /// Tasks in a row that this worker was to avoid.
    deferrals: u32,
    /// The worker has done its work once.
    is_proven: bool,
    /// It was unfit for a task, and has done none.
    is_unfit: bool,
    /// The task that it has taken alone.
    suspect: Option<String>,
}

impl State {
    /// Returns true while the task that was taken alone is at work, even if it is cancelled, or is
    /// not committed.
    fn has_suspect(&self) -> bool {
        let suspect = self.suspect.as_ref();
        suspect.is_some_and(|id| self.busy > 0 || self.tasks.contains_key(id))
    }
}

#[derive(Debug)]
struct RunningTask {
    context: Context,
    run: String,
    n: String,
    taken: Instant,
    /// The time of work after which its client is told that it has begun; None once it is told.
    tell_after: Option<Duration>,
}

/// A task whose client is to know that it has begun.
#[derive(Debug)]
pub(crate) struct Begin {
    pub(crate) id: String,
    pub(crate) run: String,
    pub(crate) n: String,
    pub(crate) at_work: Duration,
}

/// The shortest pause of a worker that is to be avoided. The longest one is 16 times that.
const SHORTEST_DEFERRAL: Duration = Duration::from_millis(250);
/// The longest pause of a worker that can't do its work.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The longest one of a worker that has done its work before: its tasks may be to blame.
const LONGEST_PROVEN_PAUSE: Duration = Duration::from_secs(4);

impl Running {
    pub(crate) fn new(slots: usize) -> Self {
        Self {
            state: Mutex::default(),
            changes: Condvar::new(),
            slots,
        }
    }

    /// Enters a task, which takes a slot. Returns false if the worker has it already.
    pub(crate) fn enter(&self, job: &Job, context: &Context) -> bool {
        let mut state = self.lock();
        if state.tasks.contains_key(&job.id) {
            return false;
        }
        let task = RunningTask {
            context: context.clone(),
            run: job.run.clone(),
            n: job.n.clone(),
            taken: Instant::now(),
            tell_after: Some(Duration::ZERO),
        };
        state.tasks.insert(job.id.clone(), task);
        state.busy += 1;
        if job.is_suspect() {
            state.suspect = Some(job.id.clone());
        }
        true
    }

    /// Returns the tasks that have been at work for so long, each once.
    pub(crate) fn take_begins(&self, time: Duration) -> Vec<Begin> {
        let mut state = self.lock();
        let tasks = state.tasks.iter_mut();
        let is_due = |task: &RunningTask| {
            let after = task.tell_after.map(|after| after.max(time));
            after.is_some_and(|after| task.taken.elapsed() >= after)
        };
        tasks
            .filter(|(_, task)| is_due(task))
            .map(|(id, task)| {
                task.tell_after = None;
                Begin {
                    id: id.clone(),
                    run: task.run.clone(),
                    n: task.n.clone(),
                    at_work: task.taken.elapsed(),
                }
            })
            .collect()
    }

    /// Takes no tasks for a time, since those that come are not for this worker. It doubles with
    /// each of these in a row.
    pub(crate) fn defer(&self) {
        let mut state = self.lock();
        let pause = SHORTEST_DEFERRAL * (1 << state.deferrals.min(4));
        state.deferrals = state.deferrals.saturating_add(1);
        state.paused_until = Some(Instant::now() + pause);
    }

    /// Returns true if the last task was not for this worker: it takes one at a time then.
    pub(crate) fn defers(&self) -> bool {
        self.lock().deferrals > 0
    }

    /// Notes that the client of a task was not told that it has begun. It is told after twice the time: a
    /// server that is full may refuse it for hours.
    pub(crate) fn tell_later(&self, id: &str, at_work: Duration) {
        if let Some(task) = self.lock().tasks.get_mut(id) {
            task.tell_after = Some(at_work.saturating_mul(2));
        }
    }

    /// Frees the slot of a task, which the worker still has.
    pub(crate) fn free_slot(&self) {
        let mut state = self.lock();
        state.busy = state.busy.saturating_sub(1);
        self.changes.notify_all();
    }

    /// Returns true if the worker still has a task: nobody has taken it away.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.lock().tasks.contains_key(id)
    }

    /// Removes a task that is committed or given back.
    pub(crate) fn remove(&self, id: &str) {
        self.lock().tasks.remove(id);
        self.changes.notify_all();
    }

    /// Removes tasks that the worker has no more, and cancels their work. Returns how many of them
    /// it had.
    pub(crate) fn abandon(&self, ids: &[String]) -> usize {
        let mut state = self.lock();
        let mut abandoned = 0;
        for id in ids {
            if let Some(task) = state.tasks.remove(id) {
                task.context.cancel();
                abandoned += 1;
            }
        }
        self.changes.notify_all();
        abandoned
    }

    /// Removes all tasks, and cancels their work. Returns their ids.
    pub(crate) fn abandon_all(&self) -> Vec<String> {
        let ids = self.ids();
        self.abandon(&ids);
        ids
    }

    /// Returns the ids of all tasks.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.lock().tasks.keys().cloned().collect()
    }

    /// Returns the number of busy slots.
    pub(crate) fn busy(&self) -> usize {
        self.lock().busy
    }

    /// Waits for a free slot, and for the end of a pause; for a time at most. Returns the number
    /// of free slots: none beside a task that was taken alone.
    pub(crate) fn wait_for_slots(&self, time: Duration) -> usize {
        let until = Instant::now() + time;
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let pause = state.paused_until.filter(|at| *at > now);
            if !state.has_suspect() {
                state.suspect = None;
            }
            let free = match state.suspect {
                Some(_) => 0,
                None => self.slots.saturating_sub(state.busy),
            };
            if (free > 0 && pause.is_none()) || now >= until {
                return if pause.is_none() { free } else { 0 };
            }
            let next = pause.map_or(until, |at| at.min(until));
            let waited = self.changes.wait_timeout(state, next - now);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes no tasks for a time, which doubles with each pause in a row.
    pub(crate) fn pause(&self) {
        let mut state = self.lock();
        let longest = match state.is_proven {
            true => LONGEST_PROVEN_PAUSE,
            false => LONGEST_PAUSE,
        };
        let pause = Duration::from_secs(1 << state.pauses.min(6)).min(longest);
        state.pauses = state.pauses.saturating_add(1);
        state.paused_until = Some(Instant::now() + pause);
    }

    /// Notes that the worker does its work: the next pause is the shortest.
    pub(crate) fn note_answer(&self) {
        let mut state = self.lock();
        state.pauses = 0;
        state.deferrals = 0;
        state.is_proven = true;
        state.is_unfit = false;
    }

    /// Notes that the worker was unfit for a task.
    pub(crate) fn note_unfit(&self) {
        let mut state = self.lock();
        state.is_unfit = !state.is_proven;
    }

    /// Returns the slots that others may count on: none of a worker that was unfit for all its
    /// tasks. It takes more, after its pauses.
    pub(crate) fn offered_slots(&self) -> usize {
        match self.lock().is_unfit {
            true => 0,
            false => self.slots,
        }
    }

    /// Waits until the worker has no task, or for a moment.
    pub(crate) fn wait_until_idle(&self, until: Instant) {
        let mut state = self.lock();
        while !state.tasks.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.changes.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing between two changes of the state can panic but for want of memory.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_free_before_the_result_is_committed() {
        let running = Running::new(1);
        let context = Context::new();
        assert_eq!(running.wait_for_slots(Duration::ZERO), 1);
        let job = Job {
            id: "1-0".to_owned(),
            run: "r".to_owned(),
            n: "7".to_owned(),
            call: Vec::new(),
            limit: None,
            avoid: Vec::new(),
            lost: Vec::new(),
        };
        assert!(running.enter(&job, &context));
        assert!(!running.enter(&job, &context));
        let begins = running.take_begins(Duration::ZERO);
        let begun: Vec<_> = begins
            .iter()
            .map(|begin| (&*begin.run, &*begin.n))
            .collect();
        assert_eq!(begun, [("r", "7")]);
        assert!(
            running.take_begins(Duration::ZERO).is_empty(),
            "each is told once"
        );
        running.tell_later("1-0", Duration::from_secs(600));
        assert!(running.take_begins(Duration::ZERO).is_empty());
        running.tell_later("1-0", Duration::ZERO);
        assert_eq!(running.take_begins(Duration::ZERO).len(), 1);
        assert_eq!(running.wait_for_slots(Duration::ZERO), 0);
        running.free_slot();
        assert_eq!(running.wait_for_slots(Duration::ZERO), 1);
        assert!(running.has("1-0"));
        assert!(!context.is_cancelled());
        running.abandon(&["1-0".to_owned()]);
        assert!(!running.has("1-0"));
        assert!(context.is_cancelled());
    }

    #[test]
    fn a_suspect_has_the_worker_alone_until_it_is_committed() {
        let running = Running::new(2);
        let job = |id: &str, lost: &[&str]| Job {
            id: id.to_owned(),
            run: "r".to_owned(),
            n: "7".to_owned(),
            call: Vec::new(),
            limit: None,
            avoid: Vec::new(),
            lost: lost.iter().map(|&name| name.to_owned()).collect(),
        };
        let free = || running.wait_for_slots(Duration::ZERO);
        assert!(running.enter(&job("1-0", &["a", "b"]), &Context::new()));
        assert_eq!(free(), 0);
        running.free_slot();
        assert_eq!(free(), 0, "it is not committed");
        running.remove("1-0");
        assert_eq!(free(), 2);
        for lost in [&["a"][..], &["a", "b", "c"]] {
            assert!(running.enter(&job("2-0", lost), &Context::new()));
            assert_eq!(free(), 1, "{lost:?}");
            running.free_slot();
            running.remove("2-0");
        }
        assert!(running.enter(&job("1-0", &["a", "b"]), &Context::new()));
        running.abandon(&["1-0".to_owned()]);
        assert_eq!(free(), 0, "its work goes on");
        running.free_slot();
        assert_eq!(free(), 2);
    }

    #[test]
    fn a_worker_defers_to_others_until_it_has_answered() {
        let running = Running::new(2);
        assert!(!running.defers());
        running.defer();
        assert!(running.defers());
        assert_eq!(running.wait_for_slots(Duration::ZERO), 0);
        assert_eq!(running.wait_for_slots(Duration::from_secs(2)), 2);
        running.note_answer();
        assert!(!running.defers());
    }

    #[test]
    fn a_worker_that_was_unfit_for_all_its_tasks_offers_no_slots() {
        let running = Running::new(2);
        assert_eq!(running.offered_slots(), 2);
        running.note_unfit();
        assert_eq!(running.offered_slots(), 0);
        running.note_answer();
        assert_eq!(running.offered_slots(), 2);
        running.note_unfit();
        assert_eq!(running.offered_slots(), 2, "it can do others");
    }

    #[test]
    fn a_paused_worker_takes_nothing() {
        let running = Running::new(2);
        running.pause();
        assert_eq!(running.wait_for_slots(Duration::ZERO), 0);
        assert_eq!(running.wait_for_slots(Duration::from_secs(2)), 2);
    }
}
