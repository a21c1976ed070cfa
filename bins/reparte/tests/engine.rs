//! `--engine`: workers and runs that meet on a real redis-server.
//!
//! Needs Debian's `redis-server`: `cargo test -p reparte-cli --test engine -- --ignored`. The flags
//! are tested without it.

#![cfg(all(unix, feature = "redis"))]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use common::reparte;
use rustix::process::Signal;
use serde_json::Value as Json;
use test_support::{Ended, RedisServer, Running, TestDirectory, until};

/// Starts a worker whose program is a shell's, with the argument as `$1`.
fn worker(server: &RedisServer, slots: &str, script: &str) -> Running {
    let (url, engine) = (server.url(), ["serve", "--engine"]);
    let function = ["--function", "f", "--workers", slots];
    let program = ["--", "sh", "-c", script, "sh", "{}"];
    let all = [&engine[..], &[&*url], &function, &program].concat();
    let running = Running::start(reparte(&all));
    running.line_after("taking tasks of f");
    running
}

/// Starts a run over these tasks, each a line.
fn start_run(server: &RedisServer, tasks: &str, arguments: &[&str]) -> Running {
    let url = server.url();
    let all = [&["run", "--engine", &*url, "--function", "f"], arguments].concat();
    let mut running = Running::interactive(reparte(&all));
    let _ = running.stdin().write_all(tasks.as_bytes());
    running
}

fn numbers(count: u32) -> String {
    (0..count).map(|n| format!("{n}\n")).collect()
}

/// Sets the lease, in milliseconds, as the queue's first worker would.
fn set_lease(server: &RedisServer, millis: &str) {
    server.command(&["SET", "rp:{f}:lease", millis]);
}

/// Counts how often each argument is in a file of lines.
fn executions(path: &str) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for line in fs::read_to_string(path).unwrap_or_default().lines() {
        *counts.entry(line.to_owned()).or_default() += 1;
    }
    counts
}

#[track_caller]
fn check_all(ended: &Ended, count: u32) {
    assert_eq!(ended.stdout, numbers(count), "{}", ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

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

#[test]
#[ignore = "needs redis-server"]
fn a_password_comes_from_a_file() {
    let server = RedisServer::start_with(&["--requirepass", "secret word"]);
    let files = TestDirectory::new("engine");
    let login = files.write("login", "secret word\n", 0o600);
    let url = server.url();
    let engine = [
        "--engine",
        &url,
        "--function",
        "f",
        "--engine-login",
        &login,
    ];
    let serve = [&["serve"], &engine[..], &["--", "cat"]].concat();
    let worker = Running::start(reparte(&serve));
    worker.line_after("taking tasks of f");
    let mut run = Running::interactive(reparte(&[&["run"], &engine[..]].concat()));
    run.stdin().write_all(b"a\n").unwrap();
    assert_eq!(run.end().stdout, "a\n");
    common::run(&[
        "run",
        "--engine",
        &url,
        "--function",
        "f",
        "--tasks",
        "/dev/null",
    ])
    .expect_error(8, &["--engine", "refuses"]);
    let shown = worker.interrupt().stderr;
    assert!(!shown.contains("secret"), "{shown}");
}

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

#[cfg(feature = "factoring")]
#[test]
#[ignore = "needs redis-server"]
fn a_builtin_function_is_served() {
    let server = RedisServer::start();
    let url = server.url();
    let engine = ["--engine", &*url, "--function", "factoriz_sum"];
    let worker = Running::start(reparte(&[&["serve"], &engine[..], &["--builtin"]].concat()));
    worker.line_after("taking tasks of factoriz_sum");
    let mut run = Running::interactive(reparte(&[&["run"], &engine[..]].concat()));
    run.stdin().write_all(b"12\n10403\nx\n").unwrap();
    let ended = run.end();
    assert_eq!(ended.stdout, "7\n204\n\n", "{}", ended.stderr);
    assert_eq!(ended.status.code(), Some(5), "{}", ended.stderr);
    assert_eq!(worker.interrupt().status.code(), Some(0));
}

#[cfg(feature = "factoring")]
#[test]
fn a_builtin_function_is_named_and_has_an_engine() {
    let engine = ["--engine", "redis://127.0.0.1:1"];
    let named = ["serve", "--function", "digits", "--builtin"];
    common::run(&[&named[..], &engine].concat())
        .expect_error(2, &["digits", "factoriz_sum", "factor"]);
    let known = ["serve", "--function", "factor", "--builtin"];
    for (more, text) in [
        (&[][..], "--engine"),
        (
            &["--engine", "redis://127.0.0.1:1", "--", "cat"],
            "--builtin",
        ),
        (&["--engine", "redis://127.0.0.1:1", "--keep"], "--keep"),
    ] {
        let ended = common::run(&[&known[..], more].concat());
        assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(text), "{}", ended.stderr);
    }
}

#[test]
fn an_engine_that_is_not_there_is_told() {
    let began = Instant::now();
    let engine = ["--engine", "redis://127.0.0.1:1", "--function", "f"];
    let wait = ["--tasks", "/dev/null", "--wait-for-servers", "0.5"];
    common::run(&[&["run"], &engine[..], &wait].concat())
        .expect_error(4, &["--engine", "127.0.0.1:1"]);
    assert!(began.elapsed() >= Duration::from_millis(250));
    common::run(&[&["serve"], &engine[..], &["--", "cat"]].concat())
        .expect_error(4, &["--engine", "127.0.0.1:1"]);
    common::run(&[&["status"], &engine[..2]].concat())
        .expect_error(4, &["--engine", "127.0.0.1:1"]);
}

#[test]
fn flags_that_do_not_fit_an_engine_are_refused_by_name() {
    let run = ["run", "--engine", "redis://127.0.0.1:1", "--function", "f"];
    for (more, texts) in [
        (&["localhost:9000"][..], ["servers", "serve --engine"]),
        (&["--local", "1"], ["--local", "serve --engine"]),
        (&["--", "cat"], ["a program", "serve --engine"]),
        (&["--proxy", "http://localhost:1"], ["--proxy", "--engine"]),
        (&["--detach"], ["--journal", "required"]),
    ] {
        let ended = common::run(&[&run[..], more].concat());
        assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
        for text in texts {
            assert!(ended.stderr.contains(text), "{}", ended.stderr);
        }
    }
    let files = TestDirectory::new("engine");
    let open = files.write("open", "secret", 0o644);
    let whole = files.write("whole", "a\nb\nc\n", 0o600);
    for (login, text) in [(&open, "chmod 600"), (&whole, "two")] {
        let all = [&run[..], &["--tasks", "/dev/null", "--engine-login", login]].concat();
        common::run(&all).expect_error(2, &["--engine-login", text]);
    }
    let url = "redis://user:secret@host";
    let ended = common::run(&["run", "--engine", url, "--function", "f"]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
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
