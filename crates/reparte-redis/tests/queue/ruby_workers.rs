//! A worker in Ruby, which knows the protocol from docs/engine.md, beside workers in this process.

use std::process::Command;
use std::time::{Duration, Instant};

use reparte::{ErrorKind, Repartidor};
use reparte_redis::RedisQueue;
use rustix::process::Signal;
use test_support::{RedisServer, Running, until};

use crate::fixture::{
    Count, LEASE, Run, ask, check_squares, done, results, run, run_with, submit, submit_aside,
    take_and_die, tasks, url, worker,
};
use crate::kept_runs::{detach, run_status};

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// Starts a worker in Ruby that squares numbers.
fn ruby_worker(server: &RedisServer, seconds: &str) -> Running {
    let mut command = Command::new("ruby");
    command
        .arg(format!(
            "{FOLDER}/../../tests/peers/clients/redis_worker.rb"
        ))
        .args([&server.port().to_string(), "cuad"])
        .args([&format!("{FOLDER}/src/scripts"), seconds]);
    let running = Running::start(command);
    running.line_after("ready");
    running
}

/// Returns the number of tasks at work on the workers whose names begin so.
fn at_work(server: &RedisServer, of: &str) -> usize {
    let consumers = &["XINFO", "CONSUMERS", "rp:{cuad}:tasks", "w"];
    let consumers: Vec<Vec<redis::Value>> = ask(server, consumers);
    let mut count = 0;
    for fields in consumers {
        let name: String = redis::from_redis_value(fields[1].clone()).unwrap();
        let pending: usize = redis::from_redis_value(fields[3].clone()).unwrap();
        if name.starts_with(of) {
            count += pending;
        }
    }
    count
}

#[test]
#[ignore = "needs redis-server, ruby-redis and ruby-xmlrpc"]
fn a_run_with_a_worker_in_ruby_and_one_of_ours_loses_nothing_when_it_is_killed() {
    let server = RedisServer::start();
    let begun = Count::default();
    let ours = worker(&server, "cuad", 1, Duration::from_millis(50), &begun);
    let first = ruby_worker(&server, "0.05");
    let run = run(&server, "cuad");
    let handle = run.handle();
    let sender = submit_aside(run, 0..100);
    until("some are done", || done(&server, "cuad") >= 20);
    until("it has one at work", || at_work(&server, "ruby-") == 1);
    first.kill();
    let second = ruby_worker(&server, "0.05");
    check_squares(results(sender.join().unwrap()), 100);
    until("nothing is left", || tasks(&server, "cuad") == 0);
    let summary = handle.summary();
    let done_by = |name: &str| -> u64 {
        let servers = summary.servers.iter();
        let named = servers.filter(|server| server.name.starts_with(name));
        named.map(|server| server.tasks).sum()
    };
    assert!(done_by("ruby-") > 0, "{summary}");
    assert!(done_by(ours.name()) > 0, "{summary}");
    assert_eq!(done_by("ruby-") + done_by(ours.name()), 100, "{summary}");
    drop(second);
}

/// Each takes over the task of the other's kind that died, once its lease has ended.
#[test]
#[ignore = "needs redis-server, ruby-redis and ruby-xmlrpc"]
fn tasks_of_dead_workers_go_from_ruby_to_ours_and_back() {
    let server = RedisServer::start();
    // The queue has the short lease of our worker.
    let begun = Count::default();
    drop(worker(&server, "cuad", 1, Duration::ZERO, &begun));
    let mut first = run(&server, "cuad");
    let killed = ruby_worker(&server, "60");
    submit(&mut first, 0..1);
    until("it is at work", || at_work(&server, "ruby-") == 1);
    let ours = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    killed.kill();
    let since = Instant::now();
    check_squares(results(first), 1);
    assert!(since.elapsed() < LEASE * 10, "{:?}", since.elapsed());
    drop(ours);
    let mut second = run(&server, "cuad");
    submit(&mut second, 0..1);
    until("one of ours has it", || {
        take_and_die(&server, "cuad", "dead", 1) == 1
    });
    let ruby = ruby_worker(&server, "0");
    check_squares(results(second), 1);
    drop(ruby);
}

#[test]
#[ignore = "needs redis-server, ruby-redis and ruby-xmlrpc"]
fn a_worker_in_ruby_ends_work_at_its_limit_and_gives_it_back_when_it_ends() {
    let server = RedisServer::start();
    let first = ruby_worker(&server, "60");
    let queue = RedisQueue::builder(url(&server), "cuad").time_limit(Duration::from_secs(1));
    let mut options = reparte::Options::default();
    options.max_attempts = 1;
    let limited = Repartidor::builder().destinos([queue.start().unwrap()]);
    let mut limited: Run = limited.options(options).start().unwrap();
    submit(&mut limited, 0..1);
    let error = results(limited).remove(0).unwrap_err();
    let kinds = error.history().iter().map(|call| call.error.kind());
    assert!(kinds.into_iter().eq([ErrorKind::Overran]), "{error}");
    // A cancelled task stops, so that the worker takes the next one.
    let mut cancelled = run(&server, "cuad");
    submit(&mut cancelled, 0..1);
    until("it is at work", || at_work(&server, "ruby-") == 1);
    drop(cancelled);
    until("it is removed", || tasks(&server, "cuad") == 0);
    let mut run = run_with(&server, "cuad", true);
    submit(&mut run, 0..1);
    until("it is at work on the next", || {
        at_work(&server, "ruby-") == 1
    });
    let lost = |server| ask::<usize>(server, &["HLEN", "rp:{cuad}:lost"]);
    first.signal(Signal::TERM);
    until("it has given the task back", || {
        at_work(&server, "ruby-") == 0
    });
    let second = ruby_worker(&server, "0");
    check_squares(results(run), 1);
    assert_eq!(lost(&server), 0, "an end is no death");
    drop(second);
}

/// A detached run once stood still where only such workers were: no client moves its tasks to the
/// queue.
#[test]
#[ignore = "needs redis-server, ruby-redis and ruby-xmlrpc"]
fn a_worker_in_ruby_goes_on_with_a_detached_run_alone() {
    let server = RedisServer::start();
    detach(&server, 0..60);
    let ruby = ruby_worker(&server, "0");
    until("all are done", || run_status(&server).answers == 60);
    assert_eq!(run_status(&server).backlog, 0);
    assert_eq!(tasks(&server, "cuad"), 0);
    drop(ruby);
}
