//! A server whose clock was set back by an hour: what was to end in a second ends in an hour.

use std::collections::HashMap;
use std::time::Duration;

use redis::Value;
use test_support::RedisServer;

use crate::fixture::{
    Count, ask, check_squares, eval, results, run, submit, take_all_and_die, worker,
};

const HOUR_MS: &str = "3600000";

/// No worker looked for orphans once, until the clock was where it had been.
#[test]
#[ignore = "needs redis-server"]
fn orphans_are_looked_for() {
    let server = RedisServer::start();
    let mut run = run(&server, "cuad");
    submit(&mut run, 0..3);
    take_all_and_die(&server, "dead-1", 3);
    let set = ["SET", "rp:{cuad}:sweep", "before", "PX", HOUR_MS];
    let _: () = ask(&server, &set);
    let begun = Count::default();
    let _worker = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    check_squares(results(run), 3);
}

/// A worker that had died before was once waited for, and tasks that avoid all others were left to it.
#[test]
#[ignore = "needs redis-server"]
fn a_worker_that_was_there_before_is_forgotten() {
    let server = RedisServer::start();
    let announce = || -> String {
        let keys = ["tasks", "seen", "workers", "lease"];
        eval(&server, "announce", &keys, &["alive-1", "1 0 x", "15000"])
    };
    announce();
    let (seconds, _): (u64, u64) = ask(&server, &["TIME"]);
    let later = ((seconds + 3600) * 1000).to_string();
    let _: i32 = ask(&server, &["ZADD", "rp:{cuad}:seen", &later, "dead-1"]);
    let _: i32 = ask(&server, &["HSET", "rp:{cuad}:workers", "dead-1", "1 0 x"]);
    announce();
    let seen: String = ask(&server, &["ZSCORE", "rp:{cuad}:seen", "dead-1"]);
    let (now, _): (u64, u64) = ask(&server, &["TIME"]);
    assert!(seen.parse::<u64>().unwrap() / 1000 <= now, "{seen}");
    let workers: HashMap<String, String> = ask(&server, &["HGETALL", "rp:{cuad}:workers"]);
    assert_eq!(workers.len(), 2, "it may live: {workers:?}");
}

/// The worker that was chosen for a suspect once stayed chosen after its death.
#[test]
#[ignore = "needs redis-server"]
fn another_worker_is_chosen_for_a_suspect() {
    let server = RedisServer::start();
    let open = ["tasks", "res:r", "open:r"];
    let _: i32 = eval(&server, "open", &open, &["60000"]);
    let mut ids = Vec::new();
    for n in ["1", "2"] {
        let id: String = eval(&server, "submit", &open, &["r", n, "<x/>", "0", "0"]);
        ids.push(id);
    }
    let read = ["XREADGROUP", "GROUP", "w", "a-1", "STREAMS"];
    let _: Value = ask(&server, &[&read[..], &["rp:{cuad}:tasks", ">"]].concat());
    // The worker has one of them, and the other one was lost with two.
    let _: i32 = eval(&server, "release", &["tasks"], &["a-1", &ids[0]]);
    let _: i32 = ask(&server, &["HSET", "rp:{cuad}:lost", &ids[0], "b-1\nc-1"]);
    let set = ["SET", "rp:{cuad}:alone", "dead-1", "PX", HOUR_MS];
    let _: () = ask(&server, &set);
    let keys = ["tasks", "lost", "sweep", "unfit", "workers", "alone"];
    let taken: Vec<(String, Vec<String>, String)> =
        eval(&server, "take", &keys, &["a-1", "15000", "1", "0", "60000"]);
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].0, "alone");
    let chosen: String = ask(&server, &["GET", "rp:{cuad}:alone"]);
    assert_eq!(chosen, "a-1");
}
