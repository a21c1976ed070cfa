//! Tests that an input's cost is in proportion to its size, for each parser of bytes from
//! outside.
//!
//! A test gives the shape of a hostile input, by size. [`Proportion::check`] measures the
//! parser at a size and at four times that: the CPU time may be four times as much, and the
//! memory stays within a bound. A parser that looks at its input again and again takes sixteen
//! times the time.
//!
//! ```
//! use cost_support::{Clock, PeakAlloc, Proportion};
//!
//! #[global_allocator]
//! static ALLOCATOR: PeakAlloc = PeakAlloc;
//!
//! let sum = Proportion::of("a sum").clock(Clock::Thread).bytes_per_byte(0);
//! sum.check(1 << 20, |size| vec![1_u8; size], |bytes| {
//!     std::hint::black_box(bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>());
//! });
//! ```
//!
//! The test's binary names [`PeakAlloc`] as its allocator, and has no other tests: they would
//! count too. Without that allocator, the time of a thread is checked alone, and other tests do
//! not matter.
#![forbid(unsafe_code)]
#![allow(
    clippy::missing_panics_doc,
    reason = "a test's helpers panic where the test fails"
)]

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

pub use peak_alloc::PeakAlloc;

/// The pairs of measurements, of which one has to be in proportion: whatever else runs on the
/// machine can only make the others worse.
const ATTEMPTS: usize = 6;

/// The runs of each size in a pair, of which the quickest counts. The sizes take turns, so that a slow
/// moment of the machine is not one size's alone.
const RUNS: usize = 3;

/// The CPU time of the smaller size that counts for nothing: of wake-ups and interrupts.
const NOISE: Duration = Duration::from_millis(1);

/// The larger size in units of the smaller one.
const SIZES: usize = 4;

/// The largest quotient of the two times. It is the middle between a cost in proportion, with
/// quotient 4, and one by the square, with quotient 16: noise has to double one of the times to
/// be taken for the other.
const QUOTIENT: u32 = 8;

/// One measurement at a time: the clock and the allocator are the process's.
static MEASURING: Mutex<()> = Mutex::new(());

/// The threads whose CPU time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clock {
    /// The one that runs the parser: for a parser that is a function.
    Thread,
    /// All of them: for a server. Its client counts too, and has to be cheap.
    Process,
}

/// The cost of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cost {
    /// The CPU time.
    pub cpu: Duration,
    /// The most bytes on the heap at once, beyond those before the run.
    pub memory: usize,
}

/// Measures one run. Others wait until it has ended.
pub fn measure(clock: Clock, run: impl FnOnce()) -> Cost {
    let _alone = MEASURING.lock().unwrap_or_else(PoisonError::into_inner);
    measured(clock, run)
}

/// A bound on what an input costs.
#[derive(Debug, Clone)]
#[must_use = "a bound checks nothing before `check`"]
pub struct Proportion {
    name: String,
    clock: Clock,
    per_byte: usize,
    fixed: usize,
}

impl Proportion {
    /// Returns a bound for an input of this name, in the time of the process: its memory is at
    /// most 1 MiB.
    pub fn of(name: impl Into<String>) -> Self {
        Proportion {
            name: name.into(),
            clock: Clock::Process,
            per_byte: 0,
            fixed: 1 << 20,
        }
    }

    /// Sets the threads whose time counts.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Allows this many bytes of memory for each byte of input, besides the fixed ones.
    pub fn bytes_per_byte(mut self, bytes: usize) -> Self {
        self.per_byte = bytes;
        self
    }

    /// Allows this many bytes of memory for an input of any size.
    pub fn fixed_bytes(mut self, bytes: usize) -> Self {
        self.fixed = bytes;
        self
    }

    /// Checks that the cost of `largest` bytes is in proportion to that of a quarter of them.
    ///
    /// `make` makes an input of a size, and its cost does not count; `parse` is what is
    /// measured. `largest` is the parser's own limit, or large enough that a cost by the
    /// square of the size is seen.
    ///
    /// # Panics
    ///
    /// It costs more.
    #[track_caller]
    pub fn check<I>(&self, largest: usize, make: impl Fn(usize) -> I, mut parse: impl FnMut(&I)) {
        let _alone = MEASURING.lock().unwrap_or_else(PoisonError::into_inner);
        let (quarter, whole) = (make(largest / SIZES), make(largest));
        let most = self.fixed + self.per_byte * largest;
        let mut seen = Vec::new();
        for _ in 0..ATTEMPTS {
            let (mut small, mut large) = (Duration::MAX, Duration::MAX);
            for _ in 0..RUNS {
                small = small.min(measured(self.clock, || parse(&quarter)).cpu);
                let cost = measured(self.clock, || parse(&whole));
                assert!(
                    cost.memory <= most,
                    "{}: {largest} bytes took {} of memory, and may take {most}",
                    self.name,
                    cost.memory
                );
                large = large.min(cost.cpu);
            }
            if large <= QUOTIENT * small.max(NOISE) {
                return;
            }
            seen.push((small, large));
        }
        panic!(
            "{}: {} bytes, and {largest}, took {seen:?}",
            self.name,
            largest / SIZES
        );
    }
}

fn measured(clock: Clock, run: impl FnOnce()) -> Cost {
    let before = PeakAlloc.current_usage();
    PeakAlloc.reset_peak_usage();
    let started = cpu_time(clock);
    run();
    Cost {
        cpu: cpu_time(clock).saturating_sub(started),
        memory: PeakAlloc.peak_usage().saturating_sub(before),
    }
}

fn cpu_time(clock: Clock) -> Duration {
    let id = match clock {
        Clock::Thread => ClockId::ThreadCPUTime,
        Clock::Process => ClockId::ProcessCPUTime,
    };
    let time = clock_gettime(id);
    // Neither is negative for a time that has been used.
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}
