//! A check that a parser's cost is in proportion to its input. `cost-support` is not published,
//! and these tests are a part of the published crate.

#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

use std::env;
use std::process::Command;
use std::time::Duration;

use peak_alloc::PeakAlloc;
use rustix::time::{ClockId, clock_gettime};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Set in the process that has one test alone.
const ALONE: &str = "REPARTE_TEST_ALONE";

/// The memory that an input of any size may take, in bytes.
const FIXED: usize = 1 << 20;

/// The cost of a run.
struct Cost {
    cpu: Duration,
    /// The most bytes on the heap at once, beyond those before the run.
    memory: usize,
}

/// Runs a test in a process of its own, so that no other test's memory is measured. `test` is
/// the test's full name, such as `json::tests::a_test`.
pub(crate) fn alone(test: &str, body: impl FnOnce()) {
    if env::var_os(ALONE).is_some() {
        return body();
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([test, "--exact", "--test-threads=1"]);
    let output = command.env(ALONE, "1").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{test}, alone: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Checks that `parse` costs in proportion to the size, within [`alone`]: its memory is at most
/// `bytes_per_byte` of the input and 1 MiB, and for four times the bytes it takes less than
/// eight times the CPU time. A cost by the square takes sixteen.
pub(crate) fn check_proportion<I>(
    name: &str,
    largest: usize,
    bytes_per_byte: usize,
    make: impl Fn(usize) -> I,
    parse: impl Fn(&I),
) {
    assert!(
        env::var_os(ALONE).is_some(),
        "other tests would be measured"
    );
    let (quarter, whole) = (make(largest / 4), make(largest));
    let most = FIXED + bytes_per_byte * largest;
    let mut seen = Vec::new();
    // Whatever else runs on the machine can only make a measurement worse.
    for _ in 0..6 {
        let small = cheapest(|| parse(&quarter))
            .cpu
            .max(Duration::from_millis(1));
        let large = cheapest(|| parse(&whole));
        assert!(
            large.memory <= most,
            "{name}: {largest} bytes took {} of memory, and may take {most}",
            large.memory
        );
        if large.cpu <= 8 * small {
            return;
        }
        seen.push((small, large.cpu));
    }
    panic!("{name}: a quarter of {largest} bytes, and all of them, took {seen:?}");
}

/// Returns the CPU time of the quickest of three runs, and their most memory.
fn cheapest(run: impl Fn()) -> Cost {
    let costs = [(); 3].map(|()| {
        let before = PeakAlloc.current_usage();
        PeakAlloc.reset_peak_usage();
        let started = cpu_time();
        run();
        Cost {
            cpu: cpu_time().saturating_sub(started),
            memory: PeakAlloc.peak_usage().saturating_sub(before),
        }
    });
    costs.into_iter().fold(
        Cost {
            cpu: Duration::MAX,
            memory: 0,
        },
        |cheapest, cost| Cost {
            cpu: cheapest.cpu.min(cost.cpu),
            memory: cheapest.memory.max(cost.memory),
        },
    )
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    // Neither is negative for a time that has been used.
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}
