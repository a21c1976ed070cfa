//! The scripts of the protocol, one at a time.

use std::collections::HashMap;

use redis::Value;
use test_support::RedisServer;

use crate::fixture::{ask, eval};

const RUN: [&str; 3] = ["tasks", "res:r", "open:r"];
const COMMIT: [&str; 5] = ["tasks", "res:r", "open:r", "lost", "unfit"];

fn open(server: &RedisServer) {
    let _: i32 = eval(server, "open", &RUN, &["60000"]);
}

fn submit(server: &RedisServer, n: &str, was_lost: &str) -> String {
    eval(server, "submit", &RUN, &["r", n, "<x/>", "0", was_lost])
}

fn take(server: &RedisServer, worker: &str) {
    let read = ["XREADGROUP", "GROUP", "w", worker, "STREAMS"];
    let _: Value = ask(server, &[&read[..], &["rp:{cuad}:tasks", ">"]].concat());
}

fn length(server: &RedisServer, key: &str) -> usize {
    ask(server, &["XLEN", &format!("rp:{{cuad}}:{key}")])
}

/// The reply to a submission was lost, and its task is done already: it is not added again.
#[test]
#[ignore = "needs redis-server"]
fn a_task_that_is_done_is_not_submitted_again_for_a_lost_reply() {
    let server = RedisServer::start();
    open(&server);
    let id = submit(&server, "7", "0");
    assert_eq!(submit(&server, "7", "1"), id, "it waits");
    take(&server, "a");
    let arguments = [&*id, "r", "7", "answer", "<y/>", "a", "1", "1"];
    let committed: i32 = eval(&server, "commit", &COMMIT, &arguments);
    assert_eq!(committed, 1);
    assert_eq!(submit(&server, "7", "1"), "done");
    assert_eq!(length(&server, "tasks"), 0);
    // One that was not executed is added.
    assert!(submit(&server, "8", "1").contains('-'));
    // The client knows that the server has lost it.
    assert!(submit(&server, "7", "0").contains('-'));
    assert_eq!(length(&server, "tasks"), 2);
}

/// A worker has found that a run is dead, and its client comes back before the worker says so.
#[test]
#[ignore = "needs redis-server"]
fn a_task_is_not_discarded_once_its_run_is_alive_again() {
    let server = RedisServer::start();
    open(&server);
    let first = submit(&server, "1", "0");
    take(&server, "a");
    let discard = |id: &str| -> i32 { eval(&server, "discard", &COMMIT, &[id, "r", "1"]) };
    assert_eq!(discard(&first), 0);
    let _: i32 = ask(&server, &["DEL", "rp:{cuad}:res:r"]);
    open(&server);
    let second = submit(&server, "1", "0");
    assert_ne!(first, second);
    take(&server, "a");
    assert_eq!(discard(&second), 0);
    assert_eq!(discard(&first), 1, "its run has submitted it anew");
    assert_eq!(length(&server, "res:r"), 0);
    assert_eq!(length(&server, "tasks"), 1);
    let _: i32 = ask(&server, &["DEL", "rp:{cuad}:res:r"]);
    assert_eq!(discard(&second), 1);
    assert_eq!(length(&server, "tasks"), 0);
}

#[test]
#[ignore = "needs redis-server"]
fn answers_are_read_within_their_bytes_and_deleted() {
    let server = RedisServer::start();
    open(&server);
    for n in 1..=5 {
        let (n, answer) = (n.to_string(), "y".repeat(1000));
        let fields = ["n", &*n, "answer", &*answer];
        let add = ["XADD", "rp:{cuad}:res:r", "*"];
        let _: String = ask(&server, &[&add[..], &fields].concat());
    }
    let read = |arguments: &[&str]| -> Vec<(String, Vec<String>)> {
        eval(&server, "read", &["res:r"], arguments)
    };
    assert_eq!(read(&["256", "10"]).len(), 1, "one at least");
    let two = read(&["256", "2500"]);
    let numbers: Vec<&str> = two.iter().map(|(_, fields)| &*fields[1]).collect();
    assert_eq!(numbers, ["1", "2"]);
    let rest = read(&["2", "100000", &two[0].0, &two[1].0]);
    assert_eq!(rest.len(), 2);
    assert_eq!(rest[0].1[1], "3");
    assert_eq!(length(&server, "res:r"), 3);
}

/// A worker with a short lease of its own once removed those of a queue with a long one.
#[test]
#[ignore = "needs redis-server"]
fn a_worker_is_silent_by_the_lease_of_the_queue() {
    let server = RedisServer::start();
    let announce = |worker: &str, lease: &str| -> String {
        let keys = ["tasks", "seen", "workers", "lease"];
        eval(&server, "announce", &keys, &[worker, "1 0 x", lease])
    };
    assert_eq!(announce("slow", "15000"), "15000");
    let (seconds, _): (u64, u64) = ask(&server, &["TIME"]);
    let seen = ((seconds - 20) * 1000).to_string();
    let _: i32 = ask(&server, &["ZADD", "rp:{cuad}:seen", &seen, "slow"]);
    assert_eq!(announce("quick", "300"), "15000");
    let workers: HashMap<String, String> = ask(&server, &["HGETALL", "rp:{cuad}:workers"]);
    assert_eq!(workers.len(), 2, "{workers:?}");
    let seen = ((seconds - 60) * 1000).to_string();
    let _: i32 = ask(&server, &["ZADD", "rp:{cuad}:seen", &seen, "slow"]);
    announce("quick", "300");
    let workers: HashMap<String, String> = ask(&server, &["HGETALL", "rp:{cuad}:workers"]);
    assert_eq!(workers.len(), 1, "{workers:?}");
}

/// Silent workers that had tasks once hid those behind them, which stayed in the list of workers.
#[test]
#[ignore = "needs redis-server"]
fn silent_workers_with_tasks_hide_no_others() {
    let server = RedisServer::start();
    open(&server);
    let announce = || -> String {
        let keys = ["tasks", "seen", "workers", "lease"];
        eval(&server, "announce", &keys, &["alive-1", "1 0 x", "15000"])
    };
    for n in 1..=40 {
        let worker = format!("dead-{n}");
        submit(&server, &n.to_string(), "0");
        take(&server, &worker);
        let (seen, workers) = ("rp:{cuad}:seen", "rp:{cuad}:workers");
        let _: i32 = ask(&server, &["ZADD", seen, &n.to_string(), &worker]);
        let _: i32 = ask(&server, &["HSET", workers, &worker, "1 0 x"]);
    }
    for _ in 0..3 {
        announce();
    }
    let workers: Vec<String> = ask(&server, &["HKEYS", "rp:{cuad}:workers"]);
    assert_eq!(workers, ["alive-1"]);
    // Their tasks are still theirs.
    let pending: Vec<Value> = ask(
        &server,
        &["XPENDING", "rp:{cuad}:tasks", "w", "-", "+", "100"],
    );
    assert_eq!(pending.len(), 40);
}
