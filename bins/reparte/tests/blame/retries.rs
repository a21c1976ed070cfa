//! Tasks that are late, hang or fail several times: how often each is called.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use test_support::{Ended, Running, TestDirectory};
use xmlrpc_server::Service;
use xmlrpc_wire::Fault;

use crate::common::functions::Held;
use crate::common::reparte;
use crate::fixture::{BLAME, account, expect_not_told, numbers, start, timed, with_workers};

#[test]
fn two_slow_tasks_fail_at_their_limit_and_cost_nobody_else_time() {
    let files = TestDirectory::new("slow tasks");
    let time = |argument: &str| match argument {
        "20" | "40" => Duration::from_secs(20),
        _ => Duration::from_millis(100),
    };
    let server = with_workers(timed(time), 2);
    let began = Instant::now();
    let (ended, account) = account(&files, &numbers(60), &[&server.address, "--timeout", "1"]);
    let took = began.elapsed();
    ended.expect_code(5);
    let expected = numbers(60).replace("20\n", "\n").replace("40\n", "\n");
    assert_eq!(ended.stdout, expected, "{}", ended.stderr);
    ended.expect_told("2 of 60 tasks failed");
    ended.expect_told("limit of 1 s");
    expect_not_told(&ended, &BLAME);
    assert_eq!(account["executions"], 60);
    // 58 of 0.1 s, and two of 1 s, on two workers: 3.9 s.
    assert!(took < Duration::from_secs(8), "{took:?} {}", ended.stderr);
}

/// Runs a task whose program fails at its first two calls, and returns the end with the
/// number of calls.
fn failing_twice(flags: &[&str]) -> (Ended, usize) {
    let files = TestDirectory::new("failing twice");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let mut service = Service::new();
    let program = move |task: String| match counted.fetch_add(1, SeqCst) {
        0 | 1 => Err(Fault::application("not yet")),
        _ => Ok(task),
    };
    service.register("f", program).unwrap();
    let server = with_workers(service, 1);
    let flags = [&[&*server.address], flags].concat();
    let ended = start(&files, "1\n", &flags).end();
    (ended, calls.load(SeqCst))
}

/// `--retries` counts lost calls, and `--retry-faults` counts faults.
#[test]
fn faults_that_are_tried_again_are_not_counted_by_retries() {
    let none = ["--retries", "0"];
    let (ended, calls) = failing_twice(&[&none[..], &["--retry-faults"]].concat());
    ended.expect("1\n");
    assert_eq!(calls, 3);
    let (ended, calls) = failing_twice(&[&none[..], &["--retry-faults=1"]].concat());
    ended.expect_code(5);
    assert_eq!(calls, 2);
    let (ended, calls) = failing_twice(&[]);
    ended.expect_code(5);
    assert_eq!(calls, 1);
}

/// Returns how many calls a task that never ends costs, over so many servers.
fn calls_of_a_hanging_task(servers: usize, flags: &[&str]) -> usize {
    let files = TestDirectory::new("hanging");
    let servers: Vec<_> = (0..servers).map(|_| Held::serve()).collect();
    let addresses: Vec<String> = servers
        .iter()
        .map(|(server, ..)| format!("1/{}", server.address))
        .collect();
    for (_, held, _) in &servers {
        (1..=20).for_each(|n| held.release(&n.to_string()));
    }
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let path = files.path("tasks");
    fs::write(&path, format!("hang\n{}", numbers(20))).unwrap();
    let all = ["run", "--tasks", &*path, "--function", "hold"];
    let ended = Running::start(reparte(&[&all, &addresses[..], flags].concat())).end();
    ended.expect_code(5);
    ended.expect_told("1 of 21 tasks failed");
    let calls = servers.iter().flat_map(|(.., called)| called.try_iter());
    calls.filter(|task| task == "hang").count()
}

#[test]
fn hedges_void_no_limit_of_a_hanging_task() {
    for servers in [1, 2, 3] {
        let flags = ["--timeout", "3", "--retries", "1"];
        let calls = calls_of_a_hanging_task(servers, &flags);
        assert!(calls <= 4, "{calls} calls on {servers} servers");
        let again = [&flags[..], &["--retry-time-outs"]].concat();
        let calls = calls_of_a_hanging_task(servers, &again);
        assert!(calls <= 6, "{calls} calls on {servers} servers");
    }
}
