//! Calls of quick functions on the thread that read them.
//!
//! To move a thread's other work away before each function costs more than a trivial
//! function does. So a function that has been quick for some calls in a row is called
//! directly: "inline". Only one runs so at a time, so that of the two threads that speak
//! with the clients the other is free. That other thread may sleep. So a watcher looks for
//! an inline call that turns out to be slow, and wakes the thread; the function then has to
//! be quick a thousand times before it is called inline again.
//!
//! | score of a function | after a call | becomes |
//! | --- | --- | --- |
//! | any | quick (below [`QUICK`]) | one more, at most [`MAX_SCORE`] |
//! | any | slower | [`INLINE_SCORE`] less |
//! | any | slower than [`WATCH_INTERVAL`] | a thousand less, at least [`MIN_SCORE`] |
//!
//! From [`INLINE_SCORE`] on, the function is called inline.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering::SeqCst};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::block_in_place;

/// The time below which a call counts as quick.
const QUICK: Duration = Duration::from_micros(200);

/// The time between two looks of the watcher; a call that takes longer is anything but quick.
const WATCH_INTERVAL: Duration = Duration::from_millis(5);

/// The number of looks without an inline call after which the watcher sleeps.
const MAX_IDLE_LOOKS: u32 = 100;

/// The score from which a function is called inline. Each function begins with 0.
const INLINE_SCORE: i32 = 16;
const MAX_SCORE: i32 = 32;
const MIN_SCORE: i32 = -1000;

/// The functions' scores, and the slot in which the quick ones run.
#[derive(Debug)]
pub(crate) struct InlineCalls {
    scores: HashMap<String, AtomicI32>,
    slot: Arc<InlineSlot>,
    watcher: Thread,
}

/// The slot in which one inline call at a time runs.
///
/// Everything is `SeqCst`: the handshake with the watcher (below) needs one order of the
/// accesses to two variables.
#[derive(Debug, Default)]
struct InlineSlot {
    /// Grows by one when a call begins and when it ends: odd while one runs.
    passages: AtomicU64,
    /// The watcher sleeps, or is about to, and has to be unparked by the next call.
    ///
    /// The watcher sets it and then reads `passages`; a call changes `passages` and then
    /// reads it. So at least one of the two sees the other, and no call runs unwatched.
    is_watcher_asleep: AtomicBool,
    is_closed: AtomicBool,
}

impl InlineCalls {
    /// Returns the scores of functions with these names, and starts the watcher, which wakes
    /// the runtime that the caller has entered.
    ///
    /// # Errors
    ///
    /// There is no thread for the watcher.
    pub(crate) fn new<'a>(names: impl Iterator<Item = &'a str>) -> io::Result<Self> {
        let slot = Arc::new(InlineSlot::default());
        let (watched, runtime) = (Arc::clone(&slot), Handle::current());
        let watcher = thread::Builder::new()
            .name("xmlrpc-watcher".to_owned())
            // The spawn of an empty task makes a thread look for more to do.
            .spawn(move || watched.watch(|| drop(runtime.spawn(async {}))))?;
        Ok(InlineCalls {
            scores: names
                .map(|name| (name.to_owned(), AtomicI32::new(0)))
                .collect(),
            slot,
            watcher: watcher.thread().clone(),
        })
    }

    /// Returns the score of a function, if one has this name.
    pub(crate) fn score(&self, name: &str) -> Option<&AtomicI32> {
        self.scores.get(name)
    }

    /// Calls a function from a task that does nothing else: inline if its score allows it,
    /// and otherwise after the thread's other work has moved to another thread.
    pub(crate) fn call<T>(&self, score: Option<&AtomicI32>, function: impl FnOnce() -> T) -> T {
        let Some(score) = score else {
            return block_in_place(function);
        };
        let begun = Instant::now();
        let result = match score.load(SeqCst) >= INLINE_SCORE && self.slot.enter() {
            true => {
                let _passage = Passage(&self.slot);
                if self.slot.is_watcher_asleep.load(SeqCst) {
                    self.watcher.unpark();
                }
                function()
            }
            false => block_in_place(function),
        };
        let points = match begun.elapsed() {
            time if time < QUICK => 1,
            time if time < WATCH_INTERVAL => -INLINE_SCORE,
            _ => MIN_SCORE,
        };
        // Of two calls at once, one may go uncounted: a score is a guess anyway.
        score.store(
            (score.load(SeqCst) + points).clamp(MIN_SCORE, MAX_SCORE),
            SeqCst,
        );
        result
    }
}

impl Drop for InlineCalls {
    fn drop(&mut self) {
        self.slot.is_closed.store(true, SeqCst);
        self.watcher.unpark();
    }
}

impl InlineSlot {
    /// Enters the slot, and returns whether it was free.
    fn enter(&self) -> bool {
        let passages = self.passages.load(SeqCst);
        let enter = || {
            self.passages
                .compare_exchange(passages, passages + 1, SeqCst, SeqCst)
        };
        passages.is_multiple_of(2) && enter().is_ok()
    }

    /// Calls `rescue` at each look that finds the call of the look before still running.
    /// Returns once the slot is closed.
    fn watch(&self, rescue: impl Fn()) {
        let mut seen = 0;
        let mut idle_looks = 0;
        while !self.is_closed.load(SeqCst) {
            thread::park_timeout(WATCH_INTERVAL);
            let passages = self.passages.load(SeqCst);
            if passages != seen {
                (seen, idle_looks) = (passages, 0);
            } else if !passages.is_multiple_of(2) {
                rescue();
            } else {
                idle_looks += 1;
            }
            if idle_looks == MAX_IDLE_LOOKS {
                self.is_watcher_asleep.store(true, SeqCst);
                while self.passages.load(SeqCst) == seen && !self.is_closed.load(SeqCst) {
                    thread::park();
                }
                self.is_watcher_asleep.store(false, SeqCst);
                idle_looks = 0;
            }
        }
    }
}

/// An inline call, which leaves the slot when this is dropped, also by a panic.
struct Passage<'a>(&'a InlineSlot);

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        self.0.passages.fetch_add(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn the_slot_takes_one_at_a_time() {
        let slot = InlineSlot::default();
        assert!(slot.enter());
        assert!(!slot.enter());
        drop(Passage(&slot));
        assert!(slot.enter());
    }

    #[test]
    fn a_function_that_stays_is_noticed_even_after_a_long_silence() {
        let slot = Arc::new(InlineSlot::default());
        let (notice, noticed) = channel();
        let watched = Arc::clone(&slot);
        let watcher = thread::spawn(move || watched.watch(|| notice.send(()).unwrap()));
        while !slot.is_watcher_asleep.load(SeqCst) {
            thread::yield_now();
        }
        assert!(noticed.try_recv().is_err());
        assert!(slot.enter());
        watcher.thread().unpark();
        noticed.recv_timeout(PATIENCE).unwrap();
        drop(Passage(&slot));
        slot.is_closed.store(true, SeqCst);
        watcher.thread().unpark();
        watcher.join().unwrap();
    }
}
