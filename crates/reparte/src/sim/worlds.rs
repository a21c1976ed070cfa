//! The worlds in which something is wrong with a task, a server, or the way to
//! them, and what is promised there.
//!
//! With one good server at least, every task that a good server can do has its
//! result, and every other one fails by its own failure. A flawed server wastes a
//! bounded number of calls: see [`check_waste`]. Its wrong faults are believed
//! [`BELIEVED`] times at most, and never where it fails every call.

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::options::RetryFaults;
use crate::plan::action::{RunEnd, TaskFailure};
use crate::plan::random::SplitMix;
use crate::sim::promises::run;
use crate::sim::scenario::Scenario;
use crate::sim::troubles::{BadTasks, CONTESTED, Flaw, Gap, Troubles};
use crate::sim::world::RunResult;

/// Most tasks that fail by one flawed server that does some tasks well.
const BELIEVED: usize = 2;
/// Number of seeds of each world in every test run.
const SEEDS: u64 = 60;

const MS: Duration = Duration::from_millis(1);
const FAULT: ErrorKind = ErrorKind::Fault { code: 2 };

/// A quiet world: so many servers of these slots, and nothing goes wrong.
fn quiet(random: &mut SplitMix, servers: u64) -> Scenario {
    let any = Scenario::any(random);
    Scenario {
        slots: (0..servers).map(|_| 1 + random.below(4) as usize).collect(),
        tasks: 20 + random.below(150),
        max_attempts: 10,
        outage: Some(120_000 * MS),
        time_limit: None,
        time_limit_medians: None,
        retry_faults: RetryFaults::None,
        poison_tasks: 0,
        malformed: 0,
        deaths: 0,
        hangs: 0,
        returns: true,
        additions: 0,
        removals: 0,
        cancellations: 0,
        refusals: false,
        reserves: 0,
        journal_fails: false,
        machines_go: false,
        drained: false,
        failures_percent: 0,
        slow_percent: 0,
        ..any
    }
}

fn pick<T: Copy>(random: &mut SplitMix, from: &[T]) -> T {
    from[random.below(from.len() as u64) as usize]
}

fn draw_bad(random: &mut SplitMix) -> BadTasks {
    BadTasks {
        first: pick(random, &[0, 0, 1, 5]),
        every: pick(random, &[0, 2, 7, 50]),
        last: random.below(2) == 0,
        kind: match random.below(2) {
            0 => None,
            _ => Some(pick(random, &CONTESTED)),
        },
    }
}

/// Some tasks fail on every server, each in its own way or all in one.
fn bad_tasks(random: &mut SplitMix) -> Scenario {
    let servers = pick(random, &[1, 2, 5]);
    Scenario {
        troubles: Troubles {
            bad: draw_bad(random),
            ..Troubles::default()
        },
        ..quiet(random, servers)
    }
}

/// Every task gives a fault on every server.
fn all_bad(random: &mut SplitMix) -> Scenario {
    let servers = pick(random, &[1, 2, 5, 40]);
    Scenario {
        troubles: Troubles {
            bad: BadTasks {
                every: 1,
                kind: Some(FAULT),
                ..BadTasks::default()
            },
            ..Troubles::default()
        },
        ..quiet(random, servers)
    }
}

/// Some servers fail every call, in any way, and one at least is good.
fn broken_servers(random: &mut SplitMix) -> Scenario {
    let (broken, good) = pick(random, &[(1, 1), (1, 2), (2, 1), (1, 5), (4, 2)]);
    with_flaws(random, broken, good, |random| {
        Flaw::Always(pick(random, &CONTESTED))
    })
}

/// One server fails some calls, and the others are good.
fn partly_broken_server(random: &mut SplitMix) -> Scenario {
    let good = pick(random, &[1, 2, 5]);
    with_flaws(random, 1, good, partly)
}

/// Several servers fail some calls: those that agree are believed.
fn partly_broken_servers(random: &mut SplitMix) -> Scenario {
    let (broken, good) = pick(random, &[(2, 1), (4, 2), (3, 0)]);
    with_flaws(random, broken, good, partly)
}

fn partly(random: &mut SplitMix) -> Flaw {
    let kind = pick(random, &CONTESTED);
    match random.below(3) {
        0 => Flaw::Often(pick(random, &[5, 30, 80]), kind),
        1 => Flaw::OneKind(kind),
        _ => Flaw::From(50, kind),
    }
}

/// 99 of 100 servers give faults.
fn most_broken(random: &mut SplitMix) -> Scenario {
    with_flaws(random, 99, 1, |_| Flaw::Always(FAULT))
}

fn with_flaws(
    random: &mut SplitMix,
    flawed: usize,
    good: usize,
    draw: fn(&mut SplitMix) -> Flaw,
) -> Scenario {
    let mut servers: Vec<usize> = (0..flawed + good).collect();
    let mut flaws = Vec::new();
    for _ in 0..flawed {
        let at = random.below(servers.len() as u64) as usize;
        flaws.push((servers.swap_remove(at), draw(random)));
    }
    Scenario {
        troubles: Troubles {
            flaws,
            ..Troubles::default()
        },
        ..quiet(random, (flawed + good) as u64)
    }
}

/// A server gives faults at once, while the good one is at work for an hour, or
/// away.
fn black_hole(random: &mut SplitMix) -> Scenario {
    let mut scenario = with_flaws(random, 1, 1, |_| Flaw::Always(FAULT));
    let good = 1 - scenario.troubles.flaws[0].0;
    match random.below(2) {
        0 => scenario.troubles.slow_first = Some(good),
        _ => {
            let from = random.below(2000) as u32 * MS;
            let to = from + random.below(60_000) as u32 * MS;
            let server = good;
            scenario.troubles.gaps = vec![Gap { server, from, to }];
        }
    }
    scenario
}

/// Two machines die of every call, beside a good one.
fn crash_loops(random: &mut SplitMix) -> Scenario {
    Scenario {
        hedge: random.below(2) == 0,
        ..with_flaws(random, 2, 1, |_| Flaw::Crashes)
    }
}

/// Every server is away, or behind a proxy that answers 502, for less than the
/// outage.
fn gaps(random: &mut SplitMix) -> Scenario {
    let servers = 1 + random.below(5);
    let mut scenario = quiet(random, servers);
    let from = random.below(3000) as u32 * MS;
    let to = from + random.below(60_000) as u32 * MS;
    match random.below(2) {
        0 => scenario.troubles.proxy_until = to,
        _ => {
            let gaps = (0..scenario.slots.len()).map(|server| Gap { server, from, to });
            scenario.troubles.gaps = gaps.collect();
        }
    }
    scenario
}

/// Every server is away, or behind a proxy that answers 502, for longer than the
/// outage.
fn long_gaps(random: &mut SplitMix) -> Scenario {
    let mut scenario = gaps(random);
    let long = 60_000 * MS;
    scenario.tasks += 500;
    scenario.outage = Some(1000 * MS);
    match scenario.troubles.proxy_until.is_zero() {
        true => scenario.troubles.gaps.iter_mut().for_each(|gap| {
            gap.from = 10 * MS;
            gap.to = long;
        }),
        false => scenario.troubles.proxy_until = long,
    }
    scenario
}

/// Bad tasks, flawed servers, deaths and hangs at once. A partly broken server
/// gives no faults: it would be believed, once others have confirmed those of bad
/// tasks.
fn mixed(random: &mut SplitMix) -> Scenario {
    let mut scenario = match random.below(2) {
        0 => broken_servers(random),
        _ => partly_broken_server(random),
    };
    for (_, flaw) in &mut scenario.troubles.flaws {
        if let Flaw::Often(_, kind) | Flaw::OneKind(kind) | Flaw::From(_, kind) = flaw
            && matches!(kind, ErrorKind::Fault { .. } | ErrorKind::Overran)
        {
            *kind = ErrorKind::Malformed;
        }
    }
    scenario.troubles.bad = draw_bad(random);
    scenario.deaths = random.below(4);
    scenario.hangs = random.below(3);
    scenario.max_attempts = u32::MAX;
    scenario
}

/// Checks that the run is completed, that every task that is not bad has its
/// result, and that every bad one has failed by itself.
fn check_all_done(result: &RunResult) {
    check_done(result, 0);
}

/// Checks the same, except for a few tasks that a partly broken server has failed.
fn check_nearly_all_done(result: &RunResult) {
    check_done(result, BELIEVED * result.flawed);
}

fn check_done(result: &RunResult, believed: usize) {
    assert_eq!(result.end, RunEnd::Completed);
    for task in &result.bad {
        let failure = result.failed.get(task);
        assert_eq!(failure, Some(&TaskFailure::Permanent), "task {task} is bad");
    }
    let wrongly = result.failed.iter();
    let wrongly = wrongly.filter(|(task, _)| !result.bad.contains(task));
    let wrongly: Vec<_> = wrongly.collect();
    assert!(wrongly.len() <= believed, "they can be done: {wrongly:?}");
}

/// Checks the number of calls that brought nothing: a broken server gets one for
/// each of its slots, and then one trial after the other, each after a pause that
/// grows to 4 s; two of them in a second are many. A bad task has two calls, and
/// one more on each server at first.
fn check_waste(result: &RunResult) {
    check_all_done(result);
    let seconds = result.elapsed.as_secs();
    for &(server, slots) in &result.broken {
        let most = 2 * slots as u64 + 20 + seconds;
        let calls = result.calls[server];
        assert!(
            calls <= most,
            "{calls} calls of server {server}, {most} at most"
        );
    }
}

#[test]
fn bad_tasks_fail_and_harm_no_other() {
    run(SEEDS, bad_tasks, check_all_done);
}

#[test]
fn where_every_task_is_bad_each_has_few_calls() {
    run(SEEDS / 10, all_bad, |result| {
        check_all_done(result);
        let calls: u64 = result.calls.iter().sum();
        let most = result.sent + 3 * result.slots as u64 + 6 * result.calls.len() as u64;
        assert!(calls <= most, "{calls} calls for {} tasks", result.sent);
    });
}

#[test]
fn broken_servers_fail_no_task() {
    run(SEEDS, broken_servers, check_waste);
}

#[test]
fn a_partly_broken_server_fails_few_tasks() {
    run(SEEDS, partly_broken_server, check_nearly_all_done);
}

#[test]
fn partly_broken_servers_end_no_run() {
    run(SEEDS, partly_broken_servers, |result| {
        assert_eq!(result.end, RunEnd::Completed);
    });
}

#[test]
fn one_good_server_of_a_hundred_is_enough() {
    // A hundred servers take a while to check at every step.
    run(SEEDS / 50, most_broken, check_waste);
}

#[test]
fn a_black_hole_fails_no_task_while_the_good_server_is_at_work_or_away() {
    // An hour of probes each.
    run(SEEDS / 4, black_hole, check_all_done);
}

#[test]
fn crash_loops_make_no_task_poison() {
    run(SEEDS, crash_loops, check_all_done);
}

#[test]
fn a_gap_is_waited_for() {
    run(SEEDS, gaps, check_all_done);
}

#[test]
fn a_gap_longer_than_the_outage_ends_the_run() {
    run(SEEDS, long_gaps, |result| {
        assert!(
            matches!(result.end, RunEnd::Outage { .. }),
            "{:?}",
            result.end
        );
        assert!(result.failed.is_empty());
    });
}

#[test]
fn troubles_at_once_fail_few_tasks() {
    run(SEEDS, mixed, check_nearly_all_done);
}
