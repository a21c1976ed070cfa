//! The promises that hold in every scenario, over many seeds.

use std::time::Instant;

use crate::plan::action::{RunEnd, TaskFailure};
use crate::plan::random::SplitMix;
use crate::sim::scenario::Scenario;
use crate::sim::scenarios::{Draw, SCENARIOS, machines_go, no_outage, poisoned, sick, silences};
use crate::sim::world::{RunResult, World};

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

/// Runs that many seeds of a scenario, or those that the environment asks for.
/// Checks each result with `check`.
pub(super) fn run(count: u64, draw: Draw, check: fn(&RunResult)) -> Vec<RunResult> {
    let number = |value: &str| value.parse::<u64>().expect("a number of seeds, or a seed");
    let seeds = match (
        std::env::var("REPARTE_SEED"),
        std::env::var("REPARTE_SEEDS"),
    ) {
        (Ok(seed), _) => number(&seed)..number(&seed) + 1,
        (_, Ok(seeds)) => match seeds.split_once("..") {
            Some((first, end)) => number(first)..number(end),
            None => 0..number(&seeds),
        },
        _ => 0..count,
    };
    seeds.map(|seed| run_seed(seed, draw, check)).collect()
}

/// Runs one seed of a scenario, and checks its result with `check`.
pub(super) fn run_seed(seed: u64, draw: Draw, check: fn(&RunResult)) -> RunResult {
    let _seed = Seed(seed);
    let mut random = SplitMix::new(seed);
    let scenario = draw(&mut random);
    run_drawn(scenario, random, check)
}

fn run_drawn(scenario: Scenario, random: SplitMix, check: fn(&RunResult)) -> RunResult {
    let mut result = World::new(scenario, random).run();
    check(&result);
    // Only the script of a run that fails is printed.
    result.forget_script();
    result
}

fn check_completed(result: &RunResult) {
    assert_eq!(result.end, RunEnd::Completed);
}

fn check_poison(result: &RunResult) {
    check_completed(result);
    let poison = result.poison.iter();
    let poison = poison.map(|&task| (task, TaskFailure::Poison)).collect();
    assert_eq!(result.failed, poison);
}

#[test]
fn every_promise_holds_whatever_happens() {
    let results = run(300, Scenario::any, |_| {});
    // The seeds reach every end, or they prove less than they seem to.
    if results.len() > 100 {
        let count = |is: fn(&RunEnd) -> bool| results.iter().filter(|r| is(&r.end)).count();
        assert!(count(|end| matches!(end, RunEnd::Completed)) > results.len() / 6);
        assert!(count(|end| matches!(end, RunEnd::Outage { .. })) > results.len() / 30);
        assert!(count(|end| matches!(end, RunEnd::NoServers)) > 0);
        assert!(count(|end| matches!(end, RunEnd::JournalFailed)) > 0);
        assert!(count(|end| matches!(end, RunEnd::Drained)) > 0);
    }
}

#[test]
fn without_an_outage_every_task_is_delivered() {
    run(150, no_outage, check_completed);
}

/// A server that was held for a suspect stayed idle when the suspect ended.
#[test]
fn without_an_outage_seed_1931_leaves_no_server_idle() {
    run_seed(1931, no_outage, check_completed);
}

#[test]
fn hangs_and_returns_are_noticed_in_time() {
    run(150, silences, check_completed);
}

#[test]
fn poison_fails_and_harms_no_other_task() {
    run(150, poisoned, |result| {
        check_poison(result);
        let mut kills = result.kills.values();
        // Fewer than three if it was running at deaths that another task caused.
        assert!(kills.all(|&kills| kills <= 3), "{:?}", result.kills);
    });
}

/// A machine that goes down shows late that its server has died, and one more call may be made
/// meanwhile.
#[test]
fn poison_fails_and_harms_no_other_task_though_machines_go() {
    run(150, machines_go, check_poison);
}

#[test]
fn in_a_sick_cluster_retries_are_delayed_and_every_task_is_delivered() {
    run(60, sick, |result| {
        check_completed(result);
        // Tasks that can't be sent, and those whose connections broke.
        let own = |why: &TaskFailure| matches!(why, TaskFailure::Permanent | TaskFailure::Poison);
        assert!(result.failed.values().all(own), "{:?}", result.failed);
    });
}

/// A window fills again and again: the task whose result the caller waits for goes on.
#[test]
fn every_promise_holds_within_a_window_of_results() {
    for (_, draw) in SCENARIOS {
        for seed in 0..60 {
            let mut random = SplitMix::new(seed);
            let window = [1, 2, 7, 30][random.below(4) as usize];
            let scenario = Scenario {
                window: Some(window),
                ..draw(&mut random)
            };
            let _seed = Seed(seed);
            run_drawn(scenario, random, |_| {});
        }
    }
}

#[test]
fn a_runs_script_replays_it() {
    let draw: Draw = |random| Scenario {
        replays: true,
        ..Scenario::any(random)
    };
    run(20, draw, |_| {});
}

/// 10,000 servers and 1,000,000 tasks: the cost of a task must not grow with the
/// number of either. Run by hand, in the release profile.
#[test]
#[ignore = "for measuring"]
fn a_large_run_is_quick() {
    let one = |servers: usize, tasks| {
        let started = Instant::now();
        World::unchecked(Scenario::large(servers, tasks), SplitMix::new(1)).run();
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
