//! One machine whose calls all fail, which costs no task.

use std::time::Duration;

use test_support::{LocalServer, TestDirectory};

use crate::fixture::{account, broken, numbers, server, timed, with_workers};

/// Three servers, of which one answers each call with a fault at once; the others take 0.2 s.
fn black_hole() -> [LocalServer; 3] {
    let good = || with_workers(timed(|_| Duration::from_millis(200)), 1);
    [broken(), good(), good()]
}

/// Checks a run over [`black_hole`], whose two good servers are busy for 5 s.
#[track_caller]
fn check_black_hole(flags: &[&str]) {
    let files = TestDirectory::new("black hole");
    let servers = black_hole();
    let addresses: Vec<&str> = servers.iter().map(|server| &*server.address).collect();
    let (ended, account) = account(&files, &numbers(50), &[&addresses, flags].concat());
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
    // Whatever else the machine does: the good ones had a call for nearly all of the time.
    for address in &addresses[1..] {
        let share = server(&account, address)["busy_share"].as_f64().unwrap();
        assert!(share > 0.625, "{address}: {share} {}", ended.stderr);
    }
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
