//! Which functions are quick, and who takes over when one of them is not.
//!
//! To give a thread's other work away before each function costs more than a trivial
//! function does. So one that has been quick for some calls in a row is called as it is.
//! One at a time, so that of the two threads that speak with the clients the other is
//! free; and watched, for that one may sleep: when the function turns out to be slow, a
//! watcher wakes it. The function has to prove itself anew then, a thousand times.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering::SeqCst};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::block_in_place;

/// What a function may take that counts as quick.
const QUICK: Duration = Duration::from_micros(200);

/// How often the watcher looks, and what a function takes that was anything but quick.
const LOOK: Duration = Duration::from_millis(5);

/// Looks without a call to see, after which the watcher sleeps.
const LOOKS: u32 = 100;

/// A function's score: a call that was quick is worth a point.
const PROVEN: i32 = 16;
const BEST: i32 = 32;
const WORST: i32 = -1000;

/// The functions' scores, and the lane of those that are quick.
#[derive(Debug)]
pub(super) struct Pace {
    scores: HashMap<String, AtomicI32>,
    lane: Arc<Lane>,
    watcher: Thread,
}

/// Where one quick function at a time runs.
#[derive(Debug, Default)]
struct Lane {
    /// Grows when one enters, and when it leaves: odd while one is inside.
    passed: AtomicU64,
    watcher_sleeps: AtomicBool,
    is_closed: AtomicBool,
}

impl Pace {
    /// For functions of these names, on the runtime of the caller.
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a str>) -> io::Result<Self> {
        let lane = Arc::new(Lane::default());
        let (watched, runtime) = (Arc::clone(&lane), Handle::current());
        let watcher = thread::Builder::new()
            .name("xmlrpc-watcher".to_owned())
            // To spawn a task that is empty makes a thread look for more to do.
            .spawn(move || watched.watch(|| drop(runtime.spawn(async {}))))?;
        Ok(Pace {
            scores: names
                .map(|name| (name.to_owned(), AtomicI32::new(0)))
                .collect(),
            lane,
            watcher: watcher.thread().clone(),
        })
    }

    /// A function's score, by its name.
    pub(super) fn score(&self, name: &str) -> Option<&AtomicI32> {
        self.scores.get(name)
    }

    /// Calls a function, in a task that does nothing else.
    pub(super) fn call<T>(&self, score: Option<&AtomicI32>, function: impl FnOnce() -> T) -> T {
        let Some(score) = score else {
            return block_in_place(function);
        };
        let begun = Instant::now();
        let result = match score.load(SeqCst) >= PROVEN && self.lane.enter() {
            true => {
                let _inside = Inside(&self.lane);
                if self.lane.watcher_sleeps.load(SeqCst) {
                    self.watcher.unpark();
                }
                function()
            }
            false => block_in_place(function),
        };
        let points = match begun.elapsed() {
            time if time < QUICK => 1,
            time if time < LOOK => -PROVEN,
            _ => WORST,
        };
        // Of two calls at once one may go uncounted.
        score.store((score.load(SeqCst) + points).clamp(WORST, BEST), SeqCst);
        result
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        self.lane.is_closed.store(true, SeqCst);
        self.watcher.unpark();
    }
}

impl Lane {
    fn enter(&self) -> bool {
        let passed = self.passed.load(SeqCst);
        let enter = || {
            self.passed
                .compare_exchange(passed, passed + 1, SeqCst, SeqCst)
        };
        passed.is_multiple_of(2) && enter().is_ok()
    }

    /// Calls `rescue` when a function has been inside from one look to the next.
    fn watch(&self, rescue: impl Fn()) {
        let mut seen = 0;
        let mut still = 0;
        while !self.is_closed.load(SeqCst) {
            thread::park_timeout(LOOK);
            let passed = self.passed.load(SeqCst);
            if passed != seen {
                (seen, still) = (passed, 0);
            } else if !passed.is_multiple_of(2) {
                rescue();
            } else {
                still += 1;
            }
            if still == LOOKS {
                self.watcher_sleeps.store(true, SeqCst);
                while self.passed.load(SeqCst) == seen && !self.is_closed.load(SeqCst) {
                    thread::park();
                }
                self.watcher_sleeps.store(false, SeqCst);
                still = 0;
            }
        }
    }
}

/// A function is inside until this is dropped, even by a panic.
struct Inside<'a>(&'a Lane);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.passed.fetch_add(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn the_lane_takes_one_at_a_time() {
        let lane = Lane::default();
        assert!(lane.enter());
        assert!(!lane.enter());
        drop(Inside(&lane));
        assert!(lane.enter());
    }

    #[test]
    fn a_function_that_stays_is_noticed_even_after_a_long_silence() {
        let lane = Arc::new(Lane::default());
        let (notice, noticed) = channel();
        let watched = Arc::clone(&lane);
        let watcher = thread::spawn(move || watched.watch(|| notice.send(()).unwrap()));
        while !lane.watcher_sleeps.load(SeqCst) {
            thread::yield_now();
        }
        assert!(noticed.try_recv().is_err());
        assert!(lane.enter());
        watcher.thread().unpark();
        noticed.recv_timeout(PATIENCE).unwrap();
        drop(Inside(&lane));
        lane.is_closed.store(true, SeqCst);
        watcher.thread().unpark();
        watcher.join().unwrap();
    }
}
