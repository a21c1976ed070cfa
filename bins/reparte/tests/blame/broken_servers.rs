//! One machine whose calls all fail, which costs no task.

use std::time::{Duration, Instant};

use test_support::{LocalServer, TestDirectory};

use crate::fixture::{account, broken, numbers, server, timed, with_workers};

/// Three servers, of which one answers each call with a fault at once; the others take 0.2 s.
fn black_hole() -> [LocalServer; 3] {
    let good = || with_workers(timed(|_| Duration::from_millis(200)), 1);
    [broken(), good(), good()]
}

/// Checks a run over [`black_hole`], which the two good servers need 5 s for.
#[track_caller]
fn check_black_hole(flags: &[&str]) {
    let files = TestDirectory::new("black hole");
    let servers = black_hole();
    let addresses: Vec<&str> = servers.iter().map(|server| &*server.address).collect();
    let began = Instant::now();
    let (ended, account) = account(&files, &numbers(50), &[&addresses, flags].concat());
    let took = began.elapsed();
    ended.expect(&numbers(50));
    let broken = server(&account, addresses[0]);
    assert_eq!(broken["state"], "suspected", "{}", ended.stderr);
    ended.expect_told(&format!("; suspected: {}", addresses[0]));
    ended.expect_told("no module named numpy");
    let told = ended
        .stderr
        .matches("on trial, since its calls fail")
        .count();
    assert!((1..=3).contains(&told), "{}", ended.stderr);
    // Some of its calls are on trial; the bound is far below the one a task that it would get.
    assert!(
        broken["executions"].as_u64().unwrap() <= 20,
        "{}",
        ended.stderr
    );
    assert!(took < Duration::from_secs(8), "{took:?} {}", ended.stderr);
}

#[test]
fn a_machine_whose_calls_all_fail_costs_no_task() {
    check_black_hole(&[]);
}

#[test]
fn a_machine_whose_calls_all_fail_costs_no_task_without_retries() {
    check_black_hole(&["--retries", "0"]);
}

#[test]
fn a_machine_whose_calls_all_fail_starves_no_good_one() {
    check_black_hole(&["--retry-faults"]);
}
