//! The calls of a service that wait or run, and the counters of those that have ended.
//!
//! | a call | becomes | by |
//! | --- | --- | --- |
//! | that has come | waiting | [`CallTable::enter`] |
//! | that waits | running | [`CallEntry::set_running`] |
//! | that waits or runs | absent | the drop of its [`CallEntry`] |
//!
//! Cancelling a call changes none of this: it sets the flag of the call's [`Context`], and
//! wakes the front that awaits the call.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::context::Context;
use crate::metrics::Metrics;

/// The calls in progress, and the counters.
///
/// The counters are independent of each other and of the calls, and nothing is ordered by
/// them: `Relaxed` is enough.
pub(crate) struct CallTable {
    /// Differs from one start of the server to the next.
    instance: String,
    started: Instant,
    /// The time at which the server ends, if it is known.
    ends_at: Mutex<Option<SystemTime>>,
    ended: AtomicU64,
    faults: AtomicU64,
    refused: AtomicU64,
    /// Calls that the fronts run at once, all of them together.
    slots: AtomicUsize,
    in_progress: Mutex<InProgress>,
}

#[derive(Default)]
struct InProgress {
    next_number: u64,
    /// The number of calls in `calls` that run.
    running: usize,
    calls: BTreeMap<u64, Call>,
}

struct Call {
    context: Context,
    since: Instant,
    is_running: bool,
    /// Wakes the front; taken by the first cancellation.
    on_cancel: Option<Action>,
}

type Action = Box<dyn FnOnce() + Send>;

/// The state of a server at one moment, as `reparte.status` tells it.
pub(crate) struct Status {
    pub(crate) instance: String,
    pub(crate) slots: usize,
    pub(crate) busy: usize,
    pub(crate) calls: Vec<CallStatus>,
    /// The time until it ends, if that is known.
    pub(crate) time_left: Option<Duration>,
}

/// A call that waits or runs.
pub(crate) struct CallStatus {
    pub(crate) id: String,
    pub(crate) method: String,
    /// Time since the call came.
    pub(crate) age: Duration,
    /// It runs, and does not wait for a slot.
    pub(crate) is_running: bool,
}

/// A call's place in the table, which it leaves when this is dropped.
pub(crate) struct CallEntry {
    table: Arc<CallTable>,
    number: u64,
}

/// A front's slots, which count until this is dropped.
#[cfg(any(feature = "tiny", feature = "hyper"))]
pub(crate) struct SlotsGuard {
    table: Arc<CallTable>,
    count: usize,
}

impl CallTable {
    pub(crate) fn new() -> Self {
        CallTable {
            // The only source of randomness in std; the name is no secret.
            instance: format!("{:016x}", RandomState::new().hash_one(std::process::id())),
            started: Instant::now(),
            ends_at: Mutex::default(),
            ended: AtomicU64::new(0),
            faults: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            slots: AtomicUsize::new(0),
            in_progress: Mutex::default(),
        }
    }

    pub(crate) fn instance(&self) -> &str {
        &self.instance
    }

    pub(crate) fn set_end(&self, at: Option<SystemTime>) {
        *self.lock_end() = at;
    }

    pub(crate) fn ends_at(&self) -> Option<SystemTime> {
        *self.lock_end()
    }

    fn lock_end(&self) -> MutexGuard<'_, Option<SystemTime>> {
        // No code that could panic runs under the lock.
        self.ends_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a call that waits for its turn. The first cancellation of the call runs
    /// `on_cancel`.
    pub(crate) fn enter(
        self: &Arc<Self>,
        context: Context,
        on_cancel: Option<impl FnOnce() + Send + 'static>,
    ) -> CallEntry {
        let mut in_progress = self.lock();
        let number = in_progress.next_number;
        in_progress.next_number += 1;
        let call = Call {
            context,
            since: Instant::now(),
            is_running: false,
            on_cancel: on_cancel.map(|action| Box::new(action) as Action),
        };
        in_progress.calls.insert(number, call);
        CallEntry {
            table: Arc::clone(self),
            number,
        }
    }

    /// Cancels all calls with this id. Returns whether there were any.
    pub(crate) fn cancel(&self, id: &str) -> bool {
        let mut in_progress = self.lock();
        let mut actions = Vec::new();
        let mut is_known = false;
        for (number, call) in &mut in_progress.calls {
            if call_id(*number, call) == id {
                is_known = true;
                call.context.cancel();
                actions.extend(call.on_cancel.take());
            }
        }
        // A front's action may take locks of its own: it runs outside this one.
        drop(in_progress);
        actions.into_iter().for_each(|action| action());
        is_known
    }

    /// Counts a call that has ended.
    pub(crate) fn count_ended(&self, is_fault: bool) {
        self.ended.fetch_add(1, Relaxed);
        if is_fault {
            self.faults.fetch_add(1, Relaxed);
        }
    }

    /// Counts a request that no function answered.
    #[cfg(any(feature = "tiny", feature = "hyper"))]
    pub(crate) fn count_refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    /// Adds a front's slots.
    #[cfg(any(feature = "tiny", feature = "hyper"))]
    pub(crate) fn add_slots(self: &Arc<Self>, count: usize) -> SlotsGuard {
        self.slots.fetch_add(count, Relaxed);
        SlotsGuard {
            table: Arc::clone(self),
            count,
        }
    }

    /// Returns the figures of this moment.
    pub(crate) fn metrics(&self) -> Metrics {
        let (running, all) = {
            let in_progress = self.lock();
            (in_progress.running, in_progress.calls.len())
        };
        Metrics {
            uptime: self.started.elapsed(),
            calls: self.ended.load(Relaxed),
            faults: self.faults.load(Relaxed),
            refused: self.refused.load(Relaxed),
            busy: running,
            slots: self.slots.load(Relaxed),
            waiting: all.saturating_sub(running),
        }
    }

    /// Returns the state of this moment, with every call, in the order in which they came.
    pub(crate) fn status(&self) -> Status {
        let in_progress = self.lock();
        let calls = in_progress.calls.iter().map(|(number, call)| CallStatus {
            id: call_id(*number, call),
            method: call.context.method().to_owned(),
            age: call.since.elapsed(),
            is_running: call.is_running,
        });
        Status {
            instance: self.instance.clone(),
            slots: self.slots.load(Relaxed),
            busy: in_progress.running,
            calls: calls.collect(),
            time_left: self.ends_at().map(|at| {
                let left = at.duration_since(SystemTime::now());
                left.unwrap_or_default()
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, InProgress> {
        // No code that could panic runs under the lock.
        self.in_progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallEntry {
    /// Marks the call as running; `context` replaces the one that it was entered with.
    pub(crate) fn set_running(&self, context: &Context) {
        let mut in_progress = self.table.lock();
        in_progress.running += 1;
        if let Some(call) = in_progress.calls.get_mut(&self.number) {
            call.is_running = true;
            call.context = context.clone();
        }
    }
}

impl Drop for CallEntry {
    fn drop(&mut self) {
        let mut in_progress = self.table.lock();
        let call = in_progress.calls.remove(&self.number);
        if call.as_ref().is_some_and(|call| call.is_running) {
            in_progress.running -= 1;
        }
        // The drop of what the action holds may take time: it runs outside the lock.
        drop(in_progress);
        drop(call);
    }
}

impl fmt::Debug for CallEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CallEntry").field(&self.number).finish()
    }
}

#[cfg(any(feature = "tiny", feature = "hyper"))]
impl Drop for SlotsGuard {
    fn drop(&mut self) {
        self.table.slots.fetch_sub(self.count, Relaxed);
    }
}

/// Returns the client's id of a call, or one of ours, so that every call can be cancelled.
/// No client's id has a tilde.
fn call_id(number: u64, call: &Call) -> String {
    match call.context.id() {
        Some(id) => id.to_owned(),
        None => format!("~{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(table: &CallTable) -> (usize, usize) {
        let metrics = table.metrics();
        (metrics.waiting, metrics.busy)
    }

    #[test]
    fn a_call_waits_then_runs_then_is_gone() {
        let table = Arc::new(CallTable::new());
        let entry = table.enter(Context::new().with_id("7f"), None::<fn()>);
        let other = table.enter(Context::new(), None::<fn()>);
        assert_eq!(counts(&table), (2, 0));
        entry.set_running(&Context::new().with_id("7f").with_method("cuad".to_owned()));
        assert_eq!(counts(&table), (1, 1));
        let status = table.status();
        let calls = status.calls.iter();
        let calls: Vec<_> = calls.map(|call| (&*call.id, &*call.method)).collect();
        assert_eq!(calls, [("7f", "cuad"), ("~1", "")]);
        assert_eq!(status.busy, 1);
        drop(entry);
        assert_eq!(counts(&table), (1, 0));
        drop(other);
        assert_eq!(counts(&table), (0, 0));
    }

    #[test]
    fn a_cancellation_sets_the_flag_and_runs_the_action_once() {
        let table = Arc::new(CallTable::new());
        let context = Context::new().with_id("7f");
        let runs = Arc::new(AtomicUsize::new(0));
        let (counted, locked) = (Arc::clone(&runs), Arc::clone(&table));
        let _entry = table.enter(
            context.clone(),
            Some(move || {
                counted.fetch_add(1, Relaxed);
                // The table is not locked meanwhile.
                locked.metrics();
            }),
        );
        assert!(!table.cancel("8f"));
        assert!(!context.is_cancelled());
        assert!(table.cancel("7f"));
        assert!(context.is_cancelled());
        assert!(table.cancel("7f"));
        assert_eq!(runs.load(Relaxed), 1);
    }

    #[test]
    fn the_counters_count() {
        let table = Arc::new(CallTable::new());
        table.count_ended(false);
        table.count_ended(true);
        let metrics = table.metrics();
        assert_eq!((metrics.calls, metrics.faults), (2, 1));
    }
}
