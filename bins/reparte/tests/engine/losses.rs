//! Workers that are killed or stopped, and an engine that is.

use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use test_support::{RedisServer, TestDirectory, until};

use crate::fixture::{check_all, executions, numbers, set_lease, start_run, worker};

/// 100 tasks of 0.2 s with two workers: one is killed and another started in its place, the other
/// one is stopped for longer than its lease and goes on.
#[test]
#[ignore = "needs redis-server"]
fn killed_and_stopped_workers_cost_no_result() {
    let server = RedisServer::start();
    set_lease(&server, "4000");
    let files = TestDirectory::new("engine");
    let log = files.path("executions");
    let script = format!("echo $1 >> '{log}'; sleep 0.2; echo $1");
    let killed = worker(&server, "2", &script);
    let stopped = worker(&server, "2", &script);
    let run = start_run(&server, &numbers(100), &[]);
    until("some are done", || executions(&log).len() >= 20);
    killed.kill();
    let _next = worker(&server, "2", &script);
    until("more are done", || executions(&log).len() >= 50);
    stopped.signal(Signal::STOP);
    thread::sleep(Duration::from_secs(7));
    stopped.signal(Signal::CONT);
    check_all(&run.end(), 100);
    // Only what the two had at work was done again.
    let again: usize = executions(&log).values().map(|times| times - 1).sum();
    println!("{again} executed again");
    assert!(again <= 4, "{again} executed again");
}

/// A task that kills its worker once took with it those that were at work beside it each time.
#[test]
#[ignore = "needs redis-server"]
fn a_task_that_kills_its_workers_fails_alone() {
    let server = RedisServer::start();
    set_lease(&server, "1000");
    let files = TestDirectory::new("engine");
    let pids = files.path("pids");
    // The killer waits until others are at work beside it. It gets no second call, which would end
    // a fourth worker.
    let script = format!(
        "case $1 in 3) sleep 0.5; echo $PPID >> '{pids}'; kill -9 $PPID;; esac; sleep 1; echo $1"
    );
    let worker = || worker(&server, "4", &script);
    let mut workers = vec![worker()];
    let run = start_run(&server, &numbers(8), &[]);
    for deaths in 1..=3 {
        until("a worker has died", || executions(&pids).len() == deaths);
        workers.push(worker());
    }
    let ended = run.end();
    let expected = numbers(8).replace("3\n", "\n");
    assert_eq!(ended.stdout, expected, "{}", ended.stderr);
    assert_eq!(ended.status.code(), Some(5), "{}", ended.stderr);
    assert_eq!(executions(&pids).len(), 3, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("was at work on 3 workers that died"),
        "{}",
        ended.stderr
    );
}

#[test]
#[ignore = "needs redis-server"]
fn an_engine_that_is_killed_and_comes_back_costs_no_result() {
    let mut server = RedisServer::start();
    set_lease(&server, "2000");
    let files = TestDirectory::new("engine");
    let log = files.path("executions");
    let script = format!("echo $1 >> '{log}'; sleep 0.1; echo $1");
    let _workers = [1, 2].map(|_| worker(&server, "2", &script));
    let run = start_run(&server, &numbers(200), &[]);
    until("some are done", || executions(&log).len() >= 50);
    server.kill();
    // Longer than the lease.
    thread::sleep(Duration::from_secs(4));
    server.restart();
    until("more are done", || executions(&log).len() >= 120);
    server.command(&["FLUSHALL"]);
    check_all(&run.end(), 200);
}
