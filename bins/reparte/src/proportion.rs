//! A check that a parser's cost is in proportion to its input. `cost-support`, which measures
//! memory too, is not published, and these tests are a part of the published crate.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Checks that `parse` takes the CPU time of this thread in proportion to the size: for four
/// times the bytes, less than eight times the time. A cost by the square takes sixteen.
pub(crate) fn check_proportion<I>(
    name: &str,
    largest: usize,
    make: impl Fn(usize) -> I,
    parse: impl Fn(&I),
) {
    let (quarter, whole) = (make(largest / 4), make(largest));
    let mut seen = Vec::new();
    // Whatever else runs on the machine can only make a measurement worse.
    for _ in 0..6 {
        let small = cheapest(|| parse(&quarter)).max(Duration::from_millis(1));
        let large = cheapest(|| parse(&whole));
        if large <= 8 * small {
            return;
        }
        seen.push((small, large));
    }
    panic!("{name}: a quarter of {largest} bytes, and all of them, took {seen:?}");
}

/// Returns the CPU time of the quickest of three runs.
fn cheapest(run: impl Fn()) -> Duration {
    let times = [(); 3].map(|()| {
        let started = cpu_time();
        run();
        cpu_time().saturating_sub(started)
    });
    times.into_iter().min().unwrap_or_default()
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    // Neither is negative for a time that has been used.
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}
