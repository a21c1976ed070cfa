//! The limit on connections, and the eviction of idle ones.
//!
//! A client that keeps a connection for its next call takes up a place for nothing. When a
//! new connection finds no place, the one that has been idle for longest is evicted, and
//! every connection ends with its next answer until there is a place again.
//!
//! | a connection | becomes | by |
//! | --- | --- | --- |
//! | idle | busy | [`TrackedConnection::mark_busy`], when a request has come |
//! | busy | answered | [`TrackedConnection::mark_answered`], when its answer is ready |
//! | answered | idle | [`TrackedConnection::mark_written`], when all of that is written |
//! | idle | evicted | [`ConnectionLimit::acquire`], for a new connection |
//!
//! While its function runs, a busy connection is also "in call": it gets its answer even
//! during a stop.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The time in which an evicted connection has to make room, before another is evicted.
const EVICTION_TIMEOUT: Duration = Duration::from_millis(50);

/// The places for connections, and the connections that are idle.
#[derive(Debug)]
pub(crate) struct ConnectionLimit {
    max: u32,
    free: Arc<Semaphore>,
    /// A new connection waits for a place.
    is_full: AtomicBool,
    idle: Mutex<Idle>,
}

/// The idle connections, in the order in which they became idle.
#[derive(Debug, Default)]
struct Idle {
    next_number: u64,
    /// The eviction signal of each idle connection, by the number of its idle time.
    evictions: BTreeMap<u64, Arc<Notify>>,
}

impl ConnectionLimit {
    /// Returns a limit of `max` connections at a time.
    pub(crate) fn new(max: u32) -> Self {
        ConnectionLimit {
            max,
            free: Arc::new(Semaphore::new(max as usize)),
            is_full: AtomicBool::new(false),
            idle: Mutex::default(),
        }
    }

    /// Waits for a place, and evicts idle connections if there is none. Never `None`: the
    /// semaphore is never closed.
    pub(crate) async fn acquire(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            return Some(permit);
        }
        // Set before the first eviction: a busy connection that ends meanwhile has to see
        // it, since there may be no idle one.
        self.is_full.store(true, SeqCst);
        let _full = FullGuard(&self.is_full);
        loop {
            self.evict_longest_idle();
            let permit = Arc::clone(&self.free).acquire_owned();
            if let Ok(permit) = timeout(EVICTION_TIMEOUT, permit).await {
                return permit.ok();
            }
        }
    }

    /// Returns whether a connection has to end with its next answer.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full.load(SeqCst)
    }

    /// Waits until there is no connection.
    pub(crate) async fn wait_until_unused(&self) {
        // An error only of a semaphore that is closed.
        let _ = self.free.acquire_many(self.max).await;
    }

    fn evict_longest_idle(&self) {
        if let Some((_, eviction)) = self.lock().evictions.pop_first() {
            eviction.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        // No code that could panic runs under the lock.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The flag `is_full`, which is set until this is dropped.
struct FullGuard<'a>(&'a AtomicBool);

impl Drop for FullGuard<'_> {
    fn drop(&mut self) {
        self.0.store(false, SeqCst);
    }
}

/// A connection as the limit sees it.
///
/// Only the connection's own task changes the fields; they are atomic because a task's
/// futures share it, and may move between threads.
#[derive(Debug)]
pub(crate) struct TrackedConnection<'a> {
    limit: &'a ConnectionLimit,
    eviction: Arc<Notify>,
    /// The number of the connection's idle time, or [`NOT_IDLE`].
    idle_number: AtomicU64,
    is_in_call: AtomicBool,
    /// There is an answer that is not written yet.
    is_answered: AtomicBool,
}

/// The number of a connection that is not idle.
const NOT_IDLE: u64 = u64::MAX;

impl<'a> TrackedConnection<'a> {
    /// Returns a connection that waits for its client: an idle one.
    pub(crate) fn new(limit: &'a ConnectionLimit) -> Self {
        let connection = TrackedConnection {
            limit,
            eviction: Arc::default(),
            idle_number: AtomicU64::new(NOT_IDLE),
            is_in_call: AtomicBool::new(false),
            is_answered: AtomicBool::new(false),
        };
        connection.mark_idle();
        connection
    }

    fn mark_idle(&self) {
        let mut idle = self.limit.lock();
        let number = idle.next_number;
        idle.next_number += 1;
        idle.evictions.insert(number, Arc::clone(&self.eviction));
        self.idle_number.store(number, SeqCst);
    }

    /// Marks the connection as busy: a request has come.
    pub(crate) fn mark_busy(&self) {
        let number = self.idle_number.swap(NOT_IDLE, SeqCst);
        self.limit.lock().evictions.remove(&number);
    }

    /// Notes that the answer is ready to be written.
    pub(crate) fn mark_answered(&self) {
        self.is_answered.store(true, SeqCst);
    }

    /// Notes that all there was to write is written. If that was an answer, the connection
    /// is idle again.
    pub(crate) fn mark_written(&self) {
        if self.is_answered.swap(false, SeqCst) {
            self.mark_idle();
        }
    }

    /// Returns whether the client waits for a function.
    pub(crate) fn is_in_call(&self) -> bool {
        self.is_in_call.load(SeqCst)
    }

    /// Sets whether the client waits for a function.
    pub(crate) fn set_in_call(&self, is_in_call: bool) {
        self.is_in_call.store(is_in_call, SeqCst);
    }

    /// Waits until the connection is evicted.
    pub(crate) async fn evicted(&self) {
        self.eviction.notified().await;
    }
}

impl Drop for TrackedConnection<'_> {
    fn drop(&mut self) {
        // It is not to be found among the idle ones any more.
        self.mark_busy();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connection_that_is_idle_for_longest_leaves_first() {
        let limit = ConnectionLimit::new(3);
        let [a, b, c] = [(); 3].map(|()| TrackedConnection::new(&limit));
        a.mark_busy();
        a.mark_idle();
        c.mark_busy();
        let left = || {
            limit.evict_longest_idle();
            let idle = limit.lock();
            let stays = |connection: &TrackedConnection<'_>| {
                let number = connection.idle_number.load(SeqCst);
                idle.evictions.contains_key(&number)
            };
            [stays(&a), stays(&b), stays(&c)]
        };
        assert_eq!(left(), [true, false, false]);
        assert_eq!(left(), [false, false, false]);
        assert_eq!(left(), [false, false, false]);
        drop((a, b));
        c.mark_idle();
        drop(c);
        assert!(limit.lock().evictions.is_empty());
    }
}
