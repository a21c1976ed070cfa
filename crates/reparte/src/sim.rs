//! The real plan against virtual servers, in virtual time, under a seed.
//!
//! Servers die and return, hang and go on, are started anew, refuse, are busy,
//! answer slowly or with nonsense or wrongly, join and leave; some are in reserve;
//! tasks are cancelled; the journal fails. After
//! every step the world is checked against what was promised: no task lost,
//! none delivered twice, none kept waiting beside a free slot that it could
//! use, no more than one call at a time to a server put aside, hangs found and
//! returns noticed in time, and an end. A failing seed prints itself and a
//! script of the run, which the plan's tests can replay; `REPARTE_SEED=n` runs
//! it alone, `REPARTE_SEEDS=n` runs so many.

mod checks;
mod habits;
mod ledger;
mod log;
mod placement;
mod trouble;
mod virtual_server;
mod world;

use crate::RetryFaults;
use crate::plan::action::{RunEnd, TaskFailure};
use crate::plan::random::SplitMix;
use habits::Habits;
use world::{Outcome, World};

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
fn run(count: u64, habits: fn(&mut SplitMix) -> Habits) -> Vec<RunEnd> {
    let outcomes = run_worlds(count, habits, |_| {});
    outcomes.into_iter().map(|outcome| outcome.end).collect()
}

/// The same, with what became of each, and a check for that.
fn run_worlds(
    count: u64,
    habits: fn(&mut SplitMix) -> Habits,
    check: fn(&Outcome),
) -> Vec<Outcome> {
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
            let outcome = World::new(habits, random).run();
            check(&outcome);
            outcome
        })
        .collect()
}

#[test]
fn every_promise_holds_whatever_happens() {
    let ends = run(300, Habits::any);
    // The seeds reach every end, or they prove less than they seem to.
    if ends.len() > 100 {
        let count = |is: fn(&RunEnd) -> bool| ends.iter().filter(|end| is(end)).count();
        assert!(count(|end| matches!(end, RunEnd::Completed)) > ends.len() / 6);
        assert!(count(|end| matches!(end, RunEnd::Outage { .. })) > ends.len() / 30);
        assert!(count(|end| matches!(end, RunEnd::NoServers)) > 0);
        assert!(count(|end| matches!(end, RunEnd::JournalFailed)) > 0);
        assert!(count(|end| matches!(end, RunEnd::Drained)) > 0);
    }
}

#[test]
fn without_an_outage_every_task_is_delivered() {
    let ends = run(150, |random| Habits {
        outage: None,
        returns: true,
        refusals: false,
        leaves: 0,
        journal_fails: false,
        stops: false,
        max_attempts: u32::MAX,
        ..Habits::any(random)
    });
    assert!(ends.iter().all(|&end| end == RunEnd::Completed));
}

/// Servers of our own that fail by silence alone: here the times are checked
/// in which hangs are found and returns are noticed.
#[test]
fn hangs_and_returns_are_noticed_in_time() {
    let ends = run(150, |random| Habits {
        failures_percent: 0,
        refusals: false,
        reserves: 0,
        journal_fails: false,
        stops: false,
        returns: true,
        outage: None,
        leaves: 0,
        slow_percent: 0,
        hangs: 4,
        deaths: 4,
        poison: 0,
        liars: 0,
        all_ours: true,
        strict_times: true,
        ..Habits::any(random)
    });
    assert!(ends.iter().all(|&end| end == RunEnd::Completed));
}

/// Tasks that kill their servers, beside others: they fail, once three have
/// died of them, and all others have their results.
#[test]
fn poison_fails_and_harms_no_other_task() {
    run_worlds(150, poisoned, |outcome| {
        check_poison(outcome);
        let kills = outcome.kills.values();
        // Fewer where it was aboard at deaths of another's doing.
        assert!(kills.clone().all(|&kills| kills <= 3), "{kills:?}");
    });
}

/// The same where some take their machines with them: then it shows late that a
/// call was aboard at a death, and one more may be made meanwhile.
#[test]
fn poison_fails_and_harms_no_other_task_though_machines_go() {
    let habits = |random: &mut SplitMix| Habits {
        machines_go: true,
        ..poisoned(random)
    };
    run_worlds(150, habits, check_poison);
}

fn check_poison(outcome: &Outcome) {
    assert_eq!(outcome.end, RunEnd::Completed);
    let poison = outcome
        .poison
        .iter()
        .map(|&task| (task, TaskFailure::Poison));
    assert_eq!(outcome.failed, poison.collect());
}

fn poisoned(random: &mut SplitMix) -> Habits {
    Habits {
        machines_go: false,
        tasks: 15 + random.below(100),
        poison: 1 + random.below(3),
        deaths: 0,
        hangs: 0,
        hedge: false,
        failures_percent: 0,
        slow_percent: 0,
        refusals: false,
        liars: 0,
        leaves: 0,
        cancels: 0,
        outage: None,
        time_limit: None,
        time_limit_medians: None,
        max_attempts: u32::MAX,
        journal_fails: false,
        stops: false,
        ..Habits::any(random)
    }
}

/// Most calls fail, by answers that are none, by faults that are tried again,
/// or otherwise: retries are delayed, and no task fails by that.
#[test]
fn in_a_sick_cluster_retries_are_delayed_and_every_task_is_delivered() {
    run_worlds(60, sick, |outcome| {
        assert_eq!(outcome.end, RunEnd::Completed);
        // Those that can't be sent, and those whose connections broke.
        let own = |why: &TaskFailure| matches!(why, TaskFailure::Answered | TaskFailure::Poison);
        assert!(outcome.failed.values().all(own), "{:?}", outcome.failed);
    });
}

fn sick(random: &mut SplitMix) -> Habits {
    let any = Habits::any(random);
    Habits {
        tasks: 20 + random.below(100),
        failures_percent: 60,
        retry_faults: RetryFaults::All,
        liars: (any.slots.len() as u64 - 1).min(any.liars),
        poison: 0,
        refusals: false,
        journal_fails: false,
        stops: false,
        returns: true,
        outage: None,
        leaves: 0,
        cancels: 0,
        max_attempts: u32::MAX,
        ..any
    }
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
