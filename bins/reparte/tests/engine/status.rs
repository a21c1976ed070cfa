//! `reparte status --engine`.

use std::io::Write as _;

use serde_json::Value as Json;
use test_support::{RedisServer, Running, until};

use crate::common;
use crate::common::reparte;
use crate::fixture::{numbers, start_run, worker};

#[test]
#[ignore = "needs redis-server"]
fn status_tells_of_queues_workers_and_runs() {
    let server = RedisServer::start();
    let status = |more: &[&str]| {
        let ended = common::run(&[&["status", "--engine", &*server.url()], more].concat());
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
        ended.stdout
    };
    let json = || serde_json::from_str::<Json>(&status(&["--json"])).unwrap();
    assert_eq!(json(), serde_json::json!([]));
    let killed = worker(&server, "1", "sleep 600");
    let run = start_run(&server, &numbers(3), &[]);
    until("one is at work", || json()[0]["at_work"] == 1);
    let queue = &json()[0];
    assert_eq!(queue["function"], "f");
    assert_eq!(queue["waiting"], 2, "{queue}");
    assert_eq!(queue["slots"], 1, "{queue}");
    assert_eq!(queue["ownerless"], 0, "{queue}");
    assert_eq!(queue["workers"][0]["tasks"], 1, "{queue}");
    assert_eq!(queue["workers"][0]["state"], "alive", "{queue}");
    assert_eq!(queue["runs"][0]["tasks"], 3, "{queue}");
    assert_eq!(queue["runs"][0]["client"], "alive", "{queue}");
    assert!(queue["oldest_ms"].as_u64().unwrap() < 60_000, "{queue}");
    let table = status(&[]);
    assert!(
        table.starts_with("QUEUE  WAITING  AT WORK  OLDEST"),
        "{table}"
    );
    assert!(table.contains("\nf: worker "), "{table}");
    assert!(
        table.contains(" has 3 tasks, its client was seen "),
        "{table}"
    );
    run.kill();
    let silent = || json()[0]["runs"][0]["client"] == "silent";
    until("its client is missed", silent);
    killed.kill();
    // The run expires, as it would in two minutes.
    let id = json()[0]["runs"][0]["run"].as_str().unwrap().to_owned();
    server.command(&[
        "DEL",
        &format!("rp:{{f}}:res:{id}"),
        &format!("rp:{{f}}:open:{id}"),
    ]);
    assert_eq!(json()[0]["ownerless"], 3);
    assert_eq!(json()[0]["runs"], serde_json::json!([]));
}

/// One such key hid all queues, and was blamed on the password.
#[test]
#[ignore = "needs redis-server"]
fn a_key_of_another_program_hides_no_other_queue() {
    let server = RedisServer::start();
    let worker = worker(&server, "1", "echo $1");
    server.command(&["SET", "rp:{other}:tasks", "text"]);
    let engine = ["--engine", &*server.url()];
    let status = |more: &[&str]| {
        let ended = common::run(&[&["status"], &engine[..], more].concat());
        ended.expect_code(0);
        ended.stdout
    };
    let table = status(&[]);
    let word = |name: &str| {
        let mut lines = table.lines().map(str::split_whitespace);
        let mut line = lines
            .find(|line| line.clone().next() == Some(name))
            .unwrap();
        line.nth(1).map(str::to_owned)
    };
    assert_eq!(word("f").as_deref(), Some("0"), "{table}");
    assert_eq!(word("other").as_deref(), Some("?"), "{table}");
    let line = table.lines().find(|line| line.starts_with("other: "));
    assert!(line.unwrap().contains("another program's"), "{table}");
    let queues: Json = serde_json::from_str(&status(&["--json"])).unwrap();
    assert_eq!(queues[0]["trouble"], Json::Null, "{queues}");
    let trouble = queues[1]["trouble"].as_str().unwrap();
    assert!(trouble.contains("WRONGTYPE"), "{queues}");
    assert_eq!(queues[1]["waiting"], Json::Null, "{queues}");
    // A run on that queue has the remedy too.
    let run = [&["run"], &engine[..], &["--function", "other"]].concat();
    let mut run = Running::interactive(reparte(&run));
    let _ = run.stdin().write_all(b"1\n");
    run.end().expect_error(4, &["another program's"]);
    worker.interrupt().expect_code(0);
}
