//! The end of a worker, and of a run.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value as Json;
use test_support::{RedisServer, TestDirectory, until};

use crate::common;
use crate::fixture::{check_all, executions, numbers, start_run, worker};

/// A worker that is asked to end gives back what it can't finish, and another one takes that at
/// once.
#[test]
#[ignore = "needs redis-server"]
fn a_worker_that_ends_gives_its_task_back() {
    let server = RedisServer::start();
    let files = TestDirectory::new("engine");
    let log = files.path("executions");
    let script = format!("echo $1 >> '{log}'; test -e '{log}.2' || sleep 600; echo $1");
    let first = worker(&server, "1", &script);
    let run = start_run(&server, &numbers(1), &[]);
    until("it is at work", || executions(&log).len() == 1);
    fs::write(format!("{log}.2"), "").unwrap();
    let _second = worker(&server, "1", &script);
    first.signal(Signal::TERM);
    let since = Instant::now();
    check_all(&run.end(), 1);
    // The grace is 10 s, and the lease 15.
    let time = since.elapsed();
    assert!(time < Duration::from_secs(24), "{time:?}");
    assert_eq!(first.end().status.code(), Some(0));
    assert_eq!(executions(&log)["0"], 2);
}

/// A worker once ended only after the engine had come back.
#[test]
#[ignore = "needs redis-server"]
fn a_worker_ends_while_the_engine_is_away() {
    let mut server = RedisServer::start();
    let worker = worker(&server, "1", "echo $1");
    server.kill();
    let since = Instant::now();
    worker.signal(Signal::TERM);
    assert_eq!(worker.end().status.code(), Some(0));
    let time = since.elapsed();
    assert!(time < Duration::from_secs(15), "{time:?}");
}

fn runs_there(server: &RedisServer) -> usize {
    let ended = common::run(&["status", "--engine", &server.url(), "--json"]);
    let json: Json = serde_json::from_str(&ended.stdout).unwrap();
    json[0]["runs"].as_array().map_or(0, Vec::len)
}

/// The command once ended before it had closed its run, which stayed for two minutes.
#[test]
#[ignore = "needs redis-server"]
fn a_run_that_has_ended_is_closed_on_the_engine() {
    let server = RedisServer::start();
    let _worker = worker(&server, "1", "test $1 = 9 && exec sleep 600; echo $1");
    check_all(&start_run(&server, &numbers(5), &[]).end(), 5);
    assert_eq!(runs_there(&server), 0);
    // The second Ctrl-C ends the process at once.
    let run = start_run(&server, "9\n", &[]);
    until("it is at work", || {
        let ended = common::run(&["status", "--engine", &server.url(), "--json"]);
        let json: Json = serde_json::from_str(&ended.stdout).unwrap();
        json[0]["at_work"] == 1
    });
    assert_eq!(runs_there(&server), 1);
    run.signal(Signal::INT);
    run.line_after("stopping");
    run.signal_again(Signal::INT);
    assert_eq!(run.end().status.code(), Some(130));
    assert_eq!(runs_there(&server), 0);
}

/// The first Ctrl-C once waited for all tasks on the queue.
#[test]
#[ignore = "needs redis-server"]
fn an_interrupted_run_waits_for_the_work_that_has_begun() {
    let server = RedisServer::start();
    let files = TestDirectory::new("engine");
    let (log, gate) = (files.path("executions"), files.path("gate"));
    let script =
        format!("echo $1 >> '{log}'; until test -e '{gate}'; do sleep 0.05; done; echo $1");
    let _worker = worker(&server, "1", &script);
    let run = start_run(&server, &numbers(10), &[]);
    let json = || {
        let ended = common::run(&["status", "--engine", &server.url(), "--json"]);
        serde_json::from_str::<Json>(&ended.stdout).unwrap()
    };
    until("all are there", || {
        json()[0]["at_work"] == 1 && json()[0]["waiting"] == 9
    });
    until("one has begun", || executions(&log).len() == 1);
    run.signal(Signal::INT);
    assert!(run.line_after("waits for the ").starts_with("1 that run"));
    fs::write(&gate, "").unwrap();
    let ended = run.end();
    assert_eq!(ended.stdout, "0\n", "{}", ended.stderr);
    assert_eq!(executions(&log).len(), 1);
    assert_eq!(ended.status.code(), Some(6), "{}", ended.stderr);
    // What has not begun is no execution.
    assert!(
        ended.stderr.contains("9 not run, 0 lost; 1 execution,"),
        "{}",
        ended.stderr
    );
    // The engine has taken them back at the command's own wish.
    assert!(!ended.stderr.contains("taken back"), "{}", ended.stderr);
}

/// A run without workers once waited for ever, and its warning named nothing.
#[test]
#[ignore = "needs redis-server"]
fn a_run_for_whose_function_no_worker_comes_ends() {
    let server = RedisServer::start();
    let times = ["--outage", "1", "--wait-for-servers", "7", "--quiet"];
    let ended = start_run(&server, &numbers(3), &times).end();
    assert_eq!(ended.status.code(), Some(4), "{}", ended.stderr);
    for text in [
        "#f: no worker is there for the function f",
        "no worker has announced itself for the function f in 7 s",
        "0 of 3 tasks have their result",
    ] {
        assert!(ended.stderr.contains(text), "{}", ended.stderr);
    }
    let warnings = ended.stderr.matches("no worker is there").count();
    assert_eq!(warnings, 1, "{}", ended.stderr);
    // One that comes later than the run is in time.
    let run = start_run(&server, &numbers(3), &["--outage", "60"]);
    run.line_after("no worker is there");
    let _worker = worker(&server, "1", "echo $1");
    check_all(&run.end(), 3);
}
