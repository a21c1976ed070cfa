//! The real plan against virtual servers, in virtual time, under a seed.
//!
//! Servers die and return, hang up, refuse, are busy, answer slowly or with
//! nonsense. After every step the world is checked against what was promised:
//! no task lost, none delivered twice, none kept waiting beside a free slot
//! that it could use, no more than one call at a time to a server put aside,
//! and an end. A failing seed prints itself; `REPARTE_SEED=n` runs it alone.

mod checks;
mod world;

use std::time::Duration;

use crate::plan::{End, SplitMix};
use world::{Habits, World};

/// Prints the seed if its run panics.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "to see it again: REPARTE_SEED={} cargo test -p reparte",
                self.0
            );
        }
    }
}

/// Runs these seeds, or the one in the environment, and returns how each
/// ended.
fn run(seeds: std::ops::Range<u64>, habits: fn(&mut SplitMix) -> Habits) -> Vec<End> {
    let seeds = match std::env::var("REPARTE_SEED") {
        Ok(seed) => vec![seed.parse().expect("REPARTE_SEED is a number")],
        Err(_) => seeds.collect(),
    };
    seeds
        .into_iter()
        .map(|seed| {
            let _seed = Seed(seed);
            let mut random = SplitMix::new(seed);
            let habits = habits(&mut random);
            World::new(habits, random).run()
        })
        .collect()
}

fn any(random: &mut SplitMix) -> Habits {
    let servers = 1 + random.below(6) as usize;
    let short = Duration::from_millis(500);
    let outage = [None, Some(10 * short), Some(short)][random.below(3) as usize];
    Habits {
        slots: (0..servers).map(|_| 1 + random.below(4) as usize).collect(),
        tasks: random.below(150),
        read_ahead: [0, 0, 1, 5][random.below(4) as usize],
        max_attempts: 1 + random.below(10) as u32,
        outage,
        deaths: random.below(2 * servers as u64),
        // Without an outage's end the dead are waited for, for ever.
        returns: outage.is_none() || random.below(2) == 0,
        refusals: random.below(10) == 0,
        failures_percent: [0, 5, 30][random.below(3) as usize],
    }
}

#[test]
fn every_promise_holds_whatever_happens() {
    let ends = run(0..600, any);
    // The seeds reach every end, or they prove less than they seem to.
    if ends.len() > 1 {
        let count = |is: fn(&End) -> bool| ends.iter().filter(|end| is(end)).count();
        assert!(count(|end| matches!(end, End::Completed)) > 100);
        assert!(count(|end| matches!(end, End::Outage { .. })) > 20);
        assert!(count(|end| matches!(end, End::NoServers)) > 0);
    }
}

#[test]
fn without_an_outage_every_task_is_delivered() {
    let ends = run(1000..1200, |random| Habits {
        outage: None,
        returns: true,
        refusals: false,
        max_attempts: u32::MAX,
        ..any(random)
    });
    assert!(ends.iter().all(|&end| end == End::Completed));
}

/// 10,000 servers and 1,000,000 tasks: what a task costs must not grow with
/// the number of either. Run by hand, in the release profile.
#[test]
#[ignore = "for measuring"]
fn a_large_run_is_quick() {
    let one = |servers: usize, tasks| {
        let habits = Habits {
            slots: vec![1; servers],
            tasks,
            read_ahead: servers,
            max_attempts: 10,
            outage: None,
            deaths: servers as u64 / 10,
            returns: true,
            refusals: false,
            failures_percent: 1,
        };
        let started = std::time::Instant::now();
        World::unchecked(habits, SplitMix::new(1)).run();
        let each = started.elapsed() / u32::try_from(tasks).unwrap();
        eprintln!("{servers} servers, {tasks} tasks: {each:?} a task");
    };
    one(10, 100_000);
    one(100, 100_000);
    one(10_000, 100_000);
    one(10_000, 1_000_000);
}
