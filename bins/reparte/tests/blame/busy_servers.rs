//! Servers that are busy, or share an address.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use test_support::{Running, TestDirectory};

use crate::common::foreign::{Answer, Foreign, proxy};
use crate::common::reparte;
use crate::fixture::{
    BLAME, account, broken, expect_not_told, numbers, start, timed, with_workers,
};

#[test]
fn a_server_that_is_always_busy_is_told_also_quietly() {
    let files = TestDirectory::new("busy");
    let busy = Arc::new(AtomicBool::new(true));
    let is_busy = Arc::clone(&busy);
    let server = Foreign::serve(move |_| match is_busy.load(SeqCst) {
        true => Answer::Status(503, "Retry-After: 1"),
        false => Answer::Echo,
    });
    let flags = [
        &*server.address,
        "--quiet",
        "--outage",
        "2",
        "--wait-for-servers",
        "2",
    ];
    let running = start(&files, "1\n", &flags);
    running.line_after("waits for a server, since every one is busy");
    // It has a reason to wait, so the limits of an outage don't count.
    thread::sleep(Duration::from_secs(2));
    busy.store(false, SeqCst);
    running.end().expect("1\n");
}

/// It said that every one is busy.
#[test]
fn a_wait_for_a_busy_server_beside_a_broken_one_names_both() {
    let files = TestDirectory::new("busy and broken");
    let busy = Foreign::serve(|_| Answer::Status(503, "Retry-After: 60"));
    let broken = broken();
    let flags = [&*busy.address, &*broken.address, "--quiet"];
    let running = start(&files, &numbers(20), &flags);
    let why = running.line_after("waits for a server, since ");
    let (busy, broken) = (&busy.address, &broken.address);
    let both = [
        format!("{busy} is busy; {broken} is suspected"),
        // If its trial runs just then.
        format!("{broken} has one task on trial; {busy} is busy"),
    ];
    assert!(both.iter().any(|both| why.starts_with(both)), "{why}");
    running.interrupt();
}

/// Its memory suffices for two of the requests, and four are made at a time.
#[test]
fn a_server_without_memory_for_a_request_is_busy() {
    let files = TestDirectory::new("no memory");
    let memory = ["--max-request", "65536", "--max-memory", "1"];
    let program = ["--", "sh", "-c", "sleep 0.1; wc -c"];
    let server = ["serve", "0", "--function", "f", "--workers", "4"];
    let server = Running::start(reparte(&[&server[..], &memory, &program].concat()));
    let address = format!("4/{}", server.line_after("listening on "));
    let tasks: String = (0..12).map(|_| "a".repeat(50_000) + "\n").collect();
    let (ended, account) = account(&files, &tasks, &[&*address, "--outage", "1"]);
    ended.expect(&"50001\n".repeat(12));
    expect_not_told(&ended, &BLAME);
    let failures = account["servers"][0]["failures"].as_object().unwrap();
    let kinds: Vec<_> = failures.keys().collect();
    assert_eq!(kinds, ["busy"], "{account}");
}

#[test]
fn a_server_that_is_busy_for_an_unknown_time_is_an_outage() {
    let files = TestDirectory::new("busy for ever");
    let server = Foreign::serve(|_| Answer::Status(503, ""));
    let flags = [
        &*server.address,
        "--quiet",
        "--outage",
        "5",
        "--wait-for-servers",
        "5",
    ];
    let ended = start(&files, "1\n", &flags).end();
    ended.expect_code(4);
    ended.expect_told("waits for a server, since ");
    ended.expect_told("503");
}

#[test]
fn several_servers_behind_one_address_are_told_and_kill_no_task() {
    let files = TestDirectory::new("several");
    let server = || with_workers(timed(|_| Duration::from_secs(3)), 4);
    let servers = [server(), server()];
    let address = proxy(
        servers
            .iter()
            .map(|server| server.address.clone())
            .collect(),
    );
    let address = format!("4/{address}");
    let (ended, account) = account(&files, &numbers(8), &[&address]);
    ended.expect(&numbers(8));
    ended.expect_told("several servers answer at this address");
    expect_not_told(&ended, &["poison", "started anew", "died"]);
    assert_eq!(account["executions"], 8, "{}", ended.stderr);
}
