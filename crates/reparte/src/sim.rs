//! The real plan against virtual servers, in virtual time, under a seed.
//!
//! Servers die and return, hang and go on, are started anew, refuse, are busy,
//! answer slowly or with nonsense, join and leave; tasks are cancelled. After
//! every step the world is checked against what was promised: no task lost,
//! none delivered twice, none kept waiting beside a free slot that it could
//! use, no more than one call at a time to a server put aside, hangs found and
//! returns noticed in time, and an end. A failing seed prints itself and a
//! script of the run, which the plan's tests can replay; `REPARTE_SEED=n` runs
//! it alone, `REPARTE_SEEDS=n` runs so many.

mod checks;
mod habits;
mod log;
mod placement;
mod trouble;
mod virtual_server;
mod world;

use crate::plan::{End, SplitMix};
use habits::Habits;
use world::World;

/// Prints the seed if its run panics.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "to see it again: REPARTE_SEED={} cargo test -p reparte sim",
                self.0
            );
        }
    }
}

/// Runs so many seeds, or those that the environment asks for, and returns how
/// each ended.
fn run(count: u64, habits: fn(&mut SplitMix) -> Habits) -> Vec<End> {
    let number = |name| {
        let value = std::env::var(name).ok()?;
        Some(value.parse::<u64>().expect("a number of seeds, or a seed"))
    };
    let seeds = match number("REPARTE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("REPARTE_SEEDS").unwrap_or(count),
    };
    seeds
        .map(|seed| {
            let _seed = Seed(seed);
            let mut random = SplitMix::new(seed);
            let habits = habits(&mut random);
            World::new(habits, random).run()
        })
        .collect()
}

#[test]
fn every_promise_holds_whatever_happens() {
    let ends = run(300, Habits::any);
    // The seeds reach every end, or they prove less than they seem to.
    if ends.len() > 100 {
        let count = |is: fn(&End) -> bool| ends.iter().filter(|end| is(end)).count();
        assert!(count(|end| matches!(end, End::Completed)) > ends.len() / 6);
        assert!(count(|end| matches!(end, End::Outage { .. })) > ends.len() / 30);
        assert!(count(|end| matches!(end, End::NoServers)) > 0);
    }
}

#[test]
fn without_an_outage_every_task_is_delivered() {
    let ends = run(150, |random| Habits {
        outage: None,
        returns: true,
        refusals: false,
        leaves: 0,
        max_attempts: u32::MAX,
        ..Habits::any(random)
    });
    assert!(ends.iter().all(|&end| end == End::Completed));
}

/// Servers of our own that fail by silence alone: here the times are checked
/// in which hangs are found and returns are noticed.
#[test]
fn hangs_and_returns_are_noticed_in_time() {
    let ends = run(150, |random| Habits {
        failures_percent: 0,
        refusals: false,
        returns: true,
        outage: None,
        leaves: 0,
        slow_percent: 0,
        hangs: 4,
        deaths: 4,
        all_ours: true,
        strict_times: true,
        ..Habits::any(random)
    });
    assert!(ends.iter().all(|&end| end == End::Completed));
}

#[test]
fn a_runs_script_replays_it() {
    run(20, |random| Habits {
        replays: true,
        ..Habits::any(random)
    });
}

/// 10,000 servers and 1,000,000 tasks: what a task costs must not grow with
/// the number of either. Run by hand, in the release profile.
#[test]
#[ignore = "for measuring"]
fn a_large_run_is_quick() {
    let one = |servers: usize, tasks| {
        let started = std::time::Instant::now();
        World::unchecked(Habits::large(servers, tasks), SplitMix::new(1)).run();
        let took = started.elapsed();
        let each = took / u32::try_from(tasks).unwrap();
        eprintln!("{servers} servers, {tasks} tasks: {took:.1?}, {each:?} a task");
        took
    };
    one(10, 100_000);
    one(100, 100_000);
    one(10_000, 100_000);
    let took = one(10_000, 1_000_000);
    assert!(took.as_secs() < 60, "{took:?}");
}
