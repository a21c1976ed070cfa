//! The worlds in which servers end at a time that they know, or are dropped, and what is promised
//! there: it costs no task anything, and a run without a server that has enough time left goes on
//! until there is one, or all have ended.

use std::time::Duration;

use crate::plan::action::RunEnd;
use crate::plan::random::SplitMix;
use crate::sim::promises::run;
use crate::sim::scenario::Scenario;
use crate::sim::troubles::{KnownEnd, Troubles};
use crate::sim::world::RunResult;
use crate::sim::worlds::check_all_done;
use crate::sim::worlds::draw::{MS, pick, quiet};

/// Number of seeds of each world in every test run.
const SEEDS: u64 = 60;

fn draw_end(random: &mut SplitMix, server: usize, back: Option<Duration>) -> KnownEnd {
    let latest = pick(random, &[500, 5000, 20_000]);
    KnownEnd {
        server,
        // Its first report has come by then.
        at: MS * (2 + random.below(latest) as u32),
        grace: MS * pick(random, &[0, 0, 300, 5000]),
        back,
    }
}

fn draw_back(random: &mut SplitMix) -> Option<Duration> {
    let after = MS * random.below(10_000) as u32;
    pick(random, &[None, Some(after)])
}

/// A world of so many servers of which these end. A task has few attempts.
fn with_ends(random: &mut SplitMix, servers: u64, ends: Vec<KnownEnd>) -> Scenario {
    Scenario {
        all_report_status: true,
        max_attempts: pick(random, &[1, 2, 10]),
        machines_go: random.below(2) == 0,
        troubles: Troubles {
            ends,
            ..Troubles::default()
        },
        ..quiet(random, servers)
    }
}

/// All servers but the first one end, and some come back.
fn one_stays(random: &mut SplitMix) -> Scenario {
    let servers = pick(random, &[2, 3, 6]);
    let ends = (1..servers as usize).map(|server| {
        let back = draw_back(random);
        draw_end(random, server, back)
    });
    let ends = ends.collect();
    with_ends(random, servers, ends)
}

/// All servers end, and the first one comes back, or another one is added.
fn all_end_and_one_comes(random: &mut SplitMix) -> Scenario {
    let servers = pick(random, &[1, 2, 5]);
    let is_added = random.below(2) == 0;
    let back = (!is_added).then_some(MS * random.below(10_000) as u32);
    let ends = (0..servers as usize).map(|server| {
        let back = back.filter(|_| server == 0);
        draw_end(random, server, back)
    });
    let ends = ends.collect();
    Scenario {
        additions: u64::from(is_added),
        ..with_ends(random, servers, ends)
    }
}

/// All servers end for good.
fn all_end(random: &mut SplitMix) -> Scenario {
    let servers = pick(random, &[1, 2, 5]);
    let ends = (0..servers as usize).map(|server| draw_end(random, server, None));
    let ends = ends.collect();
    Scenario {
        outage: Some(5000 * MS),
        ..with_ends(random, servers, ends)
    }
}

/// All servers but the first one are dropped.
fn drops(random: &mut SplitMix) -> Scenario {
    let servers = pick(random, &[2, 3, 6]);
    let drops = (1..servers as usize).map(|server| (server, MS * random.below(5000) as u32));
    let drops = drops.collect();
    let mut scenario = with_ends(random, servers, Vec::new());
    scenario.all_report_status = random.below(2) == 0;
    scenario.troubles.drops = drops;
    scenario
}

fn check_none_failed(result: &RunResult) {
    assert!(result.failed.is_empty(), "{:?}", result.failed);
}

#[test]
fn servers_that_end_cost_their_tasks_nothing() {
    run(SEEDS, one_stays, check_all_done);
}

#[test]
fn where_all_servers_end_the_next_one_is_waited_for() {
    run(SEEDS, all_end_and_one_comes, check_all_done);
}

#[test]
fn where_all_servers_end_for_good_the_run_ends_and_fails_no_task() {
    let results = run(SEEDS, all_end, |result| {
        check_none_failed(result);
        match result.end {
            RunEnd::Completed => assert_eq!(result.delivered, result.sent),
            RunEnd::Outage { .. } => assert!(result.elapsed < Duration::from_secs(60)),
            other => panic!("{other:?}"),
        }
    });
    if results.len() >= 60 {
        let completed = results.iter().filter(|r| r.end == RunEnd::Completed);
        assert!((1..results.len()).contains(&completed.count()));
    }
}

#[test]
fn servers_that_are_dropped_cost_their_tasks_nothing() {
    run(SEEDS, drops, check_all_done);
}
