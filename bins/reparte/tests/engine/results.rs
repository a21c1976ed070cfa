//! Results, and who has computed them.

use serde_json::Value as Json;
use test_support::{RedisServer, TestDirectory};

use crate::fixture::{check_all, executions, numbers, start_run, worker};

#[test]
#[ignore = "needs redis-server"]
fn results_come_in_order_and_name_their_workers() {
    let server = RedisServer::start();
    let _workers = [1, 2].map(|_| worker(&server, "2", "echo $1"));
    check_all(&start_run(&server, &numbers(50), &[]).end(), 50);
    let ended = start_run(&server, &numbers(20), &["--output", "jsonl"]).end();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    for line in ended.stdout.lines() {
        let record: Json = serde_json::from_str(line).unwrap();
        let named = record["server"].as_str().unwrap();
        assert!(!named.contains("redis://"), "{record}");
    }
    let failing = start_run(&server, "", &[]).end();
    assert_eq!(failing.status.code(), Some(0), "{}", failing.stderr);
}

/// A wrong result of a worker never counts, and costs no other task its result.
#[test]
#[ignore = "needs redis-server"]
fn a_wrong_result_is_a_fault_of_its_task() {
    let server = RedisServer::start();
    let files = TestDirectory::new("engine");
    let log = files.path("executions");
    // The first result for 3 is wrong, and all results for 5 are.
    let script = format!(
        "echo $1 >> '{log}'; case $1 in 3) grep -qx 3 '{log}.3' 2>/dev/null || echo x; \
         echo 3 >> '{log}.3'; echo 3;; 5) echo x;; *) echo $1;; esac"
    );
    let _worker = worker(&server, "1", &script);
    let check = files.write(
        "check",
        "#!/bin/sh\nread a; read b; [ \"$a\" = \"$b\" ]\n",
        0o700,
    );
    let arguments = ["--verify", &*check, "--retry-faults=2"];
    let ended = start_run(&server, &numbers(8), &arguments).end();
    assert_eq!(ended.stdout, "0\n1\n2\n3\n4\n\n6\n7\n", "{}", ended.stderr);
    assert_eq!(ended.status.code(), Some(5), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("a wrong result of"),
        "{}",
        ended.stderr
    );
    assert_eq!(executions(&log)["3"], 2);
    assert_eq!(executions(&log)["5"], 3);
}

/// The dispatcher of such a run was once told not to.
#[test]
#[ignore = "needs redis-server"]
fn a_slow_task_is_done_by_a_second_worker() {
    let server = RedisServer::start();
    let files = TestDirectory::new("engine");
    let first = files.path("first");
    // The first worker that has task 9 hangs.
    let script = format!("[ $1 != 9 ] || ! mkdir '{first}' 2>/dev/null || sleep 600; echo $1");
    let _workers = [1, 2].map(|_| worker(&server, "1", &script));
    check_all(&start_run(&server, &numbers(10), &[]).end(), 10);
}
