//! The worlds with a host that tells which workers were lost with a call, or are unfit for it.

use std::collections::BTreeSet;

use crate::plan::action::RunEnd;
use crate::plan::random::SplitMix;
use crate::sim::promises::{run, run_seed};
use crate::sim::scenario::Scenario;
use crate::sim::troubles::Flaw;
use crate::sim::world::RunResult;
use crate::sim::worlds::draw::{FAULT, pick};
use crate::sim::worlds::workers::with_workers;
use crate::sim::worlds::{SEEDS, check_all_done};

/// Has the host of a scenario tell.
fn telling(mut scenario: Scenario) -> Scenario {
    scenario.troubles.tells = true;
    scenario
}

/// Some tasks kill their workers, which a supervisor starts again. No task has two calls at a time.
fn killer_tasks(random: &mut SplitMix) -> Scenario {
    Scenario {
        hedge: false,
        ..hedged_killer_tasks(random)
    }
}

/// Some tasks kill their workers, and may have a second call before the first one is lost.
fn hedged_killer_tasks(random: &mut SplitMix) -> Scenario {
    let workers = pick(random, &[1, 2, 3, 5]);
    let poison_tasks = pick(random, &[1, 2, 5]);
    Scenario {
        poison_tasks,
        hedge: true,
        ..telling(with_workers(random, 0, 0, workers, |_| Flaw::Crashes))
    }
}

/// One machine dies of every call, again and again.
fn crash_loop(random: &mut SplitMix) -> Scenario {
    let good = pick(random, &[1, 2, 5]);
    telling(with_workers(random, 0, 1, good, |_| Flaw::Crashes))
}

/// Some workers can't do some tasks, or all.
fn unfit_workers(random: &mut SplitMix) -> Scenario {
    let (unfit, good) = pick(random, &[(1, 1), (1, 3), (2, 1)]);
    let plain = pick(random, &[0, 0, 1]);
    telling(with_workers(random, plain, unfit, good, |random| {
        Flaw::Unfit(pick(random, &[1, 2, 3]))
    }))
}

/// Some workers can't do some tasks, one gives faults, and one at least is good.
fn unfit_beside_broken(random: &mut SplitMix) -> Scenario {
    let good = pick(random, &[1, 2]);
    let mut scenario = telling(with_workers(random, 0, 2, good, |random| {
        Flaw::Unfit(pick(random, &[2, 3]))
    }));
    scenario.troubles.flaws[0].1 = Flaw::Always(FAULT);
    scenario
}

/// One worker can't do any task, and all others give faults.
fn unfit_and_broken_alone(random: &mut SplitMix) -> Scenario {
    let broken = pick(random, &[1, 2]);
    let mut scenario = telling(with_workers(random, 0, 1 + broken, 0, |_| {
        Flaw::Always(FAULT)
    }));
    scenario.troubles.flaws[0].1 = Flaw::Unfit(1);
    scenario
}

/// Checks that the tasks that kill their workers fail, and no other task.
fn check_killers(result: &RunResult) {
    assert_eq!(result.end, RunEnd::Completed);
    let failed: BTreeSet<_> = result.failed.keys().collect();
    let poison: BTreeSet<_> = result.poison.iter().collect();
    assert_eq!(failed, poison);
}

#[test]
fn tasks_that_kill_their_workers_fail_and_harm_no_other() {
    run(SEEDS, killer_tasks, |result| {
        check_killers(result);
        let mut kills = result.kills.values();
        assert!(kills.all(|&kills| kills == 3), "{:?}", result.kills);
    });
}

/// Each of two calls is given up after three workers.
#[test]
fn tasks_with_two_calls_that_kill_their_workers_fail_and_harm_no_other() {
    run(SEEDS, hedged_killer_tasks, |result| {
        check_killers(result);
        let mut kills = result.kills.values();
        assert!(kills.all(|&kills| kills <= 6), "{:?}", result.kills);
    });
}

#[test]
fn a_worker_whose_losses_are_told_fails_no_task() {
    run(SEEDS, crash_loop, check_all_done);
}

/// The second call of a slow task was lost with the machine that dies of every call, until it was
/// given up: the task failed, though the first call went on.
#[test]
fn a_slow_task_of_seed_257_outlives_its_second_call() {
    run_seed(257, crash_loop, check_all_done);
}

#[test]
fn workers_that_can_not_do_some_tasks_fail_none() {
    run(SEEDS, unfit_workers, check_all_done);
}

#[test]
fn unfit_workers_beside_a_broken_one_fail_no_task() {
    run(SEEDS, unfit_beside_broken, check_all_done);
}

#[test]
fn where_workers_are_unfit_or_broken_every_run_ends() {
    run(SEEDS / 4, unfit_and_broken_alone, |result| {
        assert_eq!(result.end, RunEnd::Completed, "faults are believed");
        assert_eq!(result.delivered, 0);
    });
}
