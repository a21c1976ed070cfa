//! Calls of quick functions on the thread that read them.
//!
//! To move a thread's other work away before each function costs more than a trivial
//! function does. So a function that has been quick for some calls in a row is called
//! directly: "inline". Of the threads that speak with the clients one stays free of them:
//! there is a slot for each of the others, and one runs in a slot at a time. The free thread
//! may sleep. So a watcher looks for an inline call that turns out to be slow, and wakes the
//! thread; the function then has to be quick a thousand times before it is called inline
//! again.
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

/// The functions' scores, and the slots in which the quick ones run.
#[derive(Debug)]
pub(crate) struct InlineCalls {
    scores: HashMap<String, AtomicI32>,
    slots: Arc<InlineSlots>,
    watcher: Thread,
}

/// The slots in which inline calls run.
///
/// Everything is `SeqCst`: the handshake with the watcher (below) needs one order of the
/// accesses to two variables.
#[derive(Debug)]
struct InlineSlots {
    slots: Box<[InlineSlot]>,
    /// The watcher sleeps, or is about to, and has to be unparked by the next call.
    ///
    /// The watcher sets it and then reads each slot's `passages`; a call changes its slot's and
    /// then reads it. So at least one of the two sees the other, and no call runs unwatched.
    is_watcher_asleep: AtomicBool,
    is_closed: AtomicBool,
}

/// A slot, in which one inline call at a time runs. It has a cache line of its own: each call
/// writes it twice.
#[derive(Debug, Default)]
#[repr(align(64))]
struct InlineSlot {
    /// Grows by one when a call begins and when it ends: odd while one runs.
    passages: AtomicU64,
}

thread_local! {
    /// A static whose address tells threads apart.
    static ANCHOR: u8 = const { 0 };
}

impl InlineCalls {
    /// Returns the scores of functions with these names, and this many slots. Starts the
    /// watcher, which wakes the runtime that the caller has entered.
    ///
    /// # Errors
    ///
    /// There is no thread for the watcher.
    pub(crate) fn new<'a>(names: impl Iterator<Item = &'a str>, slots: usize) -> io::Result<Self> {
        let slots = Arc::new(InlineSlots::new(slots));
        let (watched, runtime) = (Arc::clone(&slots), Handle::current());
        let watcher = thread::Builder::new()
            .name("xmlrpc-watcher".to_owned())
            // The spawn of an empty task makes a thread look for more to do.
            .spawn(move || watched.watch(|| drop(runtime.spawn(async {}))))?;
        Ok(InlineCalls {
            scores: names
                .map(|name| (name.to_owned(), AtomicI32::new(0)))
                .collect(),
            slots,
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
        let is_quick = score.load(SeqCst) >= INLINE_SCORE;
        let result = match is_quick.then(|| self.slots.enter()).flatten() {
            Some(_passage) => {
                if self.slots.is_watcher_asleep.load(SeqCst) {
                    self.watcher.unpark();
                }
                function()
            }
            None => block_in_place(function),
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
        self.slots.is_closed.store(true, SeqCst);
        self.watcher.unpark();
    }
}

impl InlineSlots {
    fn new(count: usize) -> Self {
        InlineSlots {
            slots: (0..count.max(1)).map(|_| InlineSlot::default()).collect(),
            is_watcher_asleep: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Enters a slot that is free, if one is. Each thread begins with a slot of its own, as far
    /// as there are enough: one that another core has just written is slow to enter.
    fn enter(&self) -> Option<Passage<'_>> {
        let (before, after) = match self.slots.len() {
            1 => self.slots.split_at(0),
            count => self.slots.split_at(own_slot(count)),
        };
        after.iter().chain(before).find_map(InlineSlot::enter)
    }

    /// Calls `rescue` at each look that finds a call of the look before still running. Returns
    /// once the slots are closed.
    fn watch(&self, rescue: impl Fn()) {
        let mut seen = vec![0; self.slots.len()];
        let mut idle_looks = 0;
        while !self.is_closed.load(SeqCst) {
            thread::park_timeout(WATCH_INTERVAL);
            let (mut is_idle, mut is_stuck) = (true, false);
            for (slot, seen) in self.slots.iter().zip(&mut seen) {
                let passages = slot.passages.load(SeqCst);
                let is_same = std::mem::replace(seen, passages) == passages;
                is_idle &= is_same && passages.is_multiple_of(2);
                is_stuck |= is_same && !passages.is_multiple_of(2);
            }
            if is_stuck {
                rescue();
            }
            idle_looks = if is_idle { idle_looks + 1 } else { 0 };
            if idle_looks == MAX_IDLE_LOOKS {
                self.is_watcher_asleep.store(true, SeqCst);
                while self.are_at(&seen) && !self.is_closed.load(SeqCst) {
                    thread::park();
                }
                self.is_watcher_asleep.store(false, SeqCst);
                idle_looks = 0;
            }
        }
    }

    /// Returns whether no call has begun or ended since these passages were read.
    fn are_at(&self, seen: &[u64]) -> bool {
        let mut slots = self.slots.iter().zip(seen);
        slots.all(|(slot, seen)| slot.passages.load(SeqCst) == *seen)
    }
}

impl InlineSlot {
    /// Enters the slot, if it is free.
    fn enter(&self) -> Option<Passage<'_>> {
        let passages = self.passages.load(SeqCst);
        let enter = || {
            self.passages
                .compare_exchange(passages, passages + 1, SeqCst, SeqCst)
        };
        // Made only if it is entered: its drop leaves the slot.
        (passages.is_multiple_of(2) && enter().is_ok()).then(|| Passage(self))
    }
}

/// Returns the slot of these with which this thread begins: any, and always the same.
fn own_slot(count: usize) -> usize {
    // Threads' addresses differ by multiples of large powers of two: Fibonacci hashing.
    let address = ANCHOR.with(|anchor| std::ptr::from_ref(anchor).addr() as u64);
    let hash = address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    usize::try_from(hash).unwrap_or_default() % count
}

/// An inline call, which leaves its slot when this is dropped, also by a panic.
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
    fn each_slot_takes_one_at_a_time() {
        for count in [1, 2, 7] {
            let slots = InlineSlots::new(count);
            let entered: Vec<_> = (0..count).map(|_| slots.enter().unwrap()).collect();
            assert!(slots.enter().is_none(), "{count}");
            for passage in entered {
                drop(passage);
                let again = slots.enter().unwrap();
                assert!(count > 1 || slots.enter().is_none());
                drop(again);
            }
        }
    }

    #[test]
    fn a_function_that_stays_is_noticed_even_after_a_long_silence() {
        let slots = Arc::new(InlineSlots::new(3));
        let (notice, noticed) = channel();
        let watched = Arc::clone(&slots);
        let watcher = thread::spawn(move || watched.watch(|| notice.send(()).unwrap()));
        while !slots.is_watcher_asleep.load(SeqCst) {
            thread::yield_now();
        }
        assert!(noticed.try_recv().is_err());
        let stays = slots.enter().unwrap();
        watcher.thread().unpark();
        noticed.recv_timeout(PATIENCE).unwrap();
        // Others come and go meanwhile.
        drop(slots.enter().unwrap());
        noticed.recv_timeout(PATIENCE).unwrap();
        drop(stays);
        slots.is_closed.store(true, SeqCst);
        watcher.thread().unpark();
        watcher.join().unwrap();
    }
}
