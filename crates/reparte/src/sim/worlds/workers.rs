//! The worlds with a host: a queue with several workers, of which some are of no use, beside
//! plain servers or alone.

use std::time::Duration;

use crate::plan::action::RunEnd;
use crate::plan::random::SplitMix;
use crate::sim::promises::run;
use crate::sim::scenario::Scenario;
use crate::sim::troubles::{BadTasks, CONTESTED, Flaw, Troubles};
use crate::sim::world::RunResult;
use crate::sim::worlds::draw::{FAULT, draw_bad, partly, pick, quiet};
use crate::sim::worlds::{
    SEEDS, check_all_done, check_bad_tasks, check_calls_of_broken, check_nearly_all_done,
};

/// The longest time that a task takes where times are checked.
const LONGEST: Duration = Duration::from_millis(100);
/// Number of calls that may wait for workers when one is suspected. They do not avoid it.
const WINDOW: u64 = 64;

/// A host with so many flawed workers and so many good ones, beside plain servers that are good.
pub(super) fn with_workers(
    random: &mut SplitMix,
    plain: u64,
    flawed: usize,
    good: usize,
    draw: fn(&mut SplitMix) -> Flaw,
) -> Scenario {
    let calm = quiet(random, plain);
    let host = calm.slots.len();
    let mut workers: Vec<usize> = (host + 1..=host + flawed + good).collect();
    let mut flaws = Vec::new();
    for _ in 0..flawed {
        let at = random.below(workers.len() as u64) as usize;
        flaws.push((workers.swap_remove(at), draw(random)));
    }
    let slots = (0..flawed + good).map(|_| 1 + random.below(4) as usize);
    Scenario {
        workers: slots.collect(),
        troubles: Troubles {
            flaws,
            ..Troubles::default()
        },
        ..calm
    }
}

/// Some workers fail every call, in any way, and one at least is good.
fn broken_workers(random: &mut SplitMix) -> Scenario {
    let (broken, good) = pick(random, &[(1, 1), (1, 2), (2, 1), (1, 5), (4, 2)]);
    let plain = pick(random, &[0, 0, 1, 3]);
    with_workers(random, plain, broken, good, |random| {
        Flaw::Always(pick(random, &CONTESTED))
    })
}

/// Every worker gives faults, beside plain servers that are good.
fn broken_host(random: &mut SplitMix) -> Scenario {
    let broken = pick(random, &[1, 2, 5]);
    let plain = pick(random, &[1, 2]);
    with_workers(random, plain, broken, 0, |_| Flaw::Always(FAULT))
}

/// Every worker gives faults, and there is nobody else.
fn nobody_good(random: &mut SplitMix) -> Scenario {
    let broken = pick(random, &[1, 2, 5]);
    with_workers(random, 0, broken, 0, |_| Flaw::Always(FAULT))
}

/// Some workers fail some calls.
fn partly_broken_worker(random: &mut SplitMix) -> Scenario {
    let good = pick(random, &[1, 2, 5]);
    let plain = pick(random, &[0, 0, 1]);
    with_workers(random, plain, 1, good, partly)
}

/// One worker takes a thousand times as long as the others.
fn slow_worker(random: &mut SplitMix) -> Scenario {
    let good = pick(random, &[1, 2, 5]);
    let plain = pick(random, &[0, 0, 1]);
    Scenario {
        longest_ms: LONGEST.as_millis() as u64,
        hedge: true,
        ..with_workers(random, plain, 1, good, |_| Flaw::Slow(1000))
    }
}

/// One machine dies of every call, again and again.
fn crash_loop(random: &mut SplitMix) -> Scenario {
    let good = pick(random, &[1, 2, 5]);
    let plain = pick(random, &[0, 0, 1]);
    with_workers(random, plain, 1, good, |_| Flaw::Crashes)
}

/// Some tasks fail on every worker.
fn bad_tasks(random: &mut SplitMix) -> Scenario {
    let good = pick(random, &[1, 2, 5]);
    let plain = pick(random, &[0, 0, 1]);
    let calm = with_workers(random, plain, 0, good, |_| Flaw::Crashes);
    Scenario {
        troubles: Troubles {
            bad: draw_bad(random),
            ..Troubles::default()
        },
        ..calm
    }
}

/// One task is bad, and one worker broken.
fn bad_task_beside_broken_worker(random: &mut SplitMix) -> Scenario {
    let good = pick(random, &[2, 5]);
    let plain = pick(random, &[0, 0, 1]);
    let mut scenario = with_workers(random, plain, 1, good, |_| Flaw::Always(FAULT));
    scenario.troubles.bad = BadTasks {
        first: 1,
        kind: Some(FAULT),
        ..BadTasks::default()
    };
    scenario
}

/// Workers that are broken, slow and dying, and tasks that are bad.
fn troubles_at_once(random: &mut SplitMix) -> Scenario {
    let good = pick(random, &[2, 5]);
    let plain = pick(random, &[0, 0, 2]);
    let mut scenario = with_workers(random, plain, 3, good, |random| {
        pick(
            random,
            &[Flaw::Always(FAULT), Flaw::Slow(10), Flaw::Crashes],
        )
    });
    let crashes = |(_, flaw): &(usize, Flaw)| matches!(flaw, Flaw::Crashes);
    let flaws = &mut scenario.troubles.flaws;
    if !flaws.iter().any(crashes) {
        // Beside a machine that dies of everything they are lost with that.
        scenario.troubles.bad = draw_bad(random);
    }
    // Three machines that die of everything make any task poison.
    if flaws.iter().all(crashes) {
        flaws.pop();
    }
    scenario
}

/// Checks that all is done, and the number of calls of broken workers.
fn check_waste(result: &RunResult) {
    check_all_done(result);
    check_calls_of_broken(result, 20 + WINDOW);
}

#[test]
fn broken_workers_fail_no_task() {
    run(SEEDS, broken_workers, check_waste);
}

#[test]
fn a_host_whose_workers_are_all_broken_fails_no_task_of_others() {
    run(SEEDS, broken_host, check_waste);
}

#[test]
fn where_all_workers_are_broken_every_run_ends() {
    run(SEEDS / 4, nobody_good, |result| {
        assert_eq!(result.end, RunEnd::Completed, "faults are believed");
        assert_eq!(result.delivered, 0);
    });
}

#[test]
fn a_partly_broken_worker_fails_few_tasks() {
    run(SEEDS, partly_broken_worker, check_nearly_all_done);
}

#[test]
fn a_slow_worker_delays_no_run() {
    run(SEEDS, slow_worker, |result| {
        check_all_done(result);
        let most = LONGEST * result.sent as u32 + Duration::from_secs(5);
        assert!(result.elapsed < most, "{:?} of {most:?}", result.elapsed);
    });
}

#[test]
fn a_worker_that_dies_again_and_again_fails_no_task() {
    run(SEEDS, crash_loop, check_all_done);
}

#[test]
fn bad_tasks_fail_and_harm_no_worker() {
    run(SEEDS, bad_tasks, check_bad_tasks);
}

#[test]
fn a_bad_task_is_told_from_a_broken_worker() {
    run(SEEDS, bad_task_beside_broken_worker, check_waste);
}

#[test]
fn troubles_of_workers_at_once_fail_no_good_task() {
    run(SEEDS, troubles_at_once, check_all_done);
}
