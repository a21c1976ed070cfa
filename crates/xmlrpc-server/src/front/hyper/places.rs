//! The places that connections have, and who leaves when there are none left.
//!
//! A client that keeps a connection for its next call holds a place for nothing. So where
//! a new connection finds none, the one that has been idle for longest is closed, and
//! connections end with their next answer until there is one again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How long a connection that was asked to leave may take before another is asked.
const LEAVE: Duration = Duration::from_millis(50);

/// The places, and the connections that are idle.
#[derive(Debug)]
pub(super) struct Places {
    count: u32,
    free: Arc<Semaphore>,
    is_full: AtomicBool,
    idle: Mutex<Idle>,
}

/// The connections by the number of the idle time that they have, the longest first.
#[derive(Debug, Default)]
struct Idle {
    next: u64,
    leave: BTreeMap<u64, Arc<Notify>>,
}

impl Places {
    pub(super) fn new(count: u32) -> Self {
        Places {
            count,
            free: Arc::new(Semaphore::new(count as usize)),
            is_full: AtomicBool::new(false),
            idle: Mutex::default(),
        }
    }

    /// A place, if need be that of a connection that is idle; if none is, it waits.
    pub(super) async fn take(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            return Some(place);
        }
        self.is_full.store(true, SeqCst);
        let _full = Full(&self.is_full);
        loop {
            self.ask_one_to_leave();
            let place = Arc::clone(&self.free).acquire_owned();
            if let Ok(place) = timeout(LEAVE, place).await {
                return place.ok();
            }
        }
    }

    /// Whether a connection is to end with the answer that it gets now.
    pub(super) fn are_full(&self) -> bool {
        self.is_full.load(SeqCst)
    }

    /// Waits until no connection has a place.
    pub(super) async fn wait_for_none(&self) {
        // An error only where it is closed, which it never is.
        let _ = self.free.acquire_many(self.count).await;
    }

    fn ask_one_to_leave(&self) {
        if let Some((_, leave)) = self.idle().leave.pop_first() {
            leave.notify_one();
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        // No code that could panic runs under the lock.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Places are full until this is dropped.
struct Full<'a>(&'a AtomicBool);

impl Drop for Full<'_> {
    fn drop(&mut self) {
        self.0.store(false, SeqCst);
    }
}

/// One connection's side of it.
#[derive(Debug)]
pub(super) struct Guest<'a> {
    places: &'a Places,
    leave: Arc<Notify>,
    /// The number of its idle time, while it has one.
    number: AtomicU64,
    has_call: AtomicBool,
    /// Whether it has an answer that its client has not taken yet.
    has_answer: AtomicBool,
}

/// No idle time's number.
const BUSY: u64 = u64::MAX;

impl<'a> Guest<'a> {
    /// One that waits for its client.
    pub(super) fn new(places: &'a Places) -> Self {
        let guest = Guest {
            places,
            leave: Arc::default(),
            number: AtomicU64::new(BUSY),
            has_call: AtomicBool::new(false),
            has_answer: AtomicBool::new(false),
        };
        guest.is_idle();
        guest
    }

    fn is_idle(&self) {
        let mut idle = self.places.idle();
        let number = idle.next;
        idle.next += 1;
        idle.leave.insert(number, Arc::clone(&self.leave));
        self.number.store(number, SeqCst);
    }

    /// Its client waits for it.
    pub(super) fn has_request(&self) {
        let number = self.number.swap(BUSY, SeqCst);
        self.places.idle().leave.remove(&number);
    }

    /// What its client waits for is about to be written.
    pub(super) fn has_answer(&self) {
        self.has_answer.store(true, SeqCst);
    }

    /// All that was to be written has been: if there was an answer, it waits for its
    /// client again.
    pub(super) fn has_written(&self) {
        if self.has_answer.swap(false, SeqCst) {
            self.is_idle();
        }
    }

    /// Whether its client waits for a function.
    pub(super) fn has_call(&self) -> bool {
        self.has_call.load(SeqCst)
    }

    pub(super) fn set_call(&self, has_call: bool) {
        self.has_call.store(has_call, SeqCst);
    }

    /// Waits until it is to give its place up.
    pub(super) async fn asked_to_leave(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        self.has_request();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connection_that_is_idle_for_longest_leaves_first() {
        let places = Places::new(3);
        let [a, b, c] = [(); 3].map(|()| Guest::new(&places));
        a.has_request();
        a.is_idle();
        c.has_request();
        let left = || {
            places.ask_one_to_leave();
            let idle = places.idle();
            let stays = |guest: &Guest<'_>| idle.leave.contains_key(&guest.number.load(SeqCst));
            [stays(&a), stays(&b), stays(&c)]
        };
        assert_eq!(left(), [true, false, false]);
        assert_eq!(left(), [false, false, false]);
        assert_eq!(left(), [false, false, false]);
        drop((a, b));
        c.is_idle();
        drop(c);
        assert!(places.idle().leave.is_empty());
    }
}
