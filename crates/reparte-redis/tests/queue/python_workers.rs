//! Workers in Python, which know the protocol from docs/engine.md: processes that are killed,
//! stopped, and started again.

use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use test_support::{RedisServer, Running, until};

use crate::fixture::{
    ask, check_squares, connection, done, results, run, submit, submit_aside, tasks,
};

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// Sets the lease of the queue, in milliseconds, as its first worker would.
fn set_lease(server: &RedisServer, millis: u32) {
    let mut set = redis::cmd("SET");
    set.arg("rp:{cuad}:lease").arg(millis);
    let _: String = set.query(&mut connection(server)).unwrap();
}

/// Starts a worker in Python that squares numbers.
fn python_worker(server: &RedisServer, seconds: &str) -> Running {
    let mut command = Command::new("/usr/bin/python3");
    command
        .arg(format!(
            "{FOLDER}/../../tests/peers/clients/redis_worker.py"
        ))
        .args([&server.port().to_string(), "cuad"])
        .args([&format!("{FOLDER}/src/scripts"), seconds]);
    let running = Running::start(command);
    running.line_after("ready");
    running
}

#[test]
#[ignore = "needs redis-server and python3-redis"]
fn workers_that_are_killed_stopped_and_started_again_cost_no_result() {
    let server = RedisServer::start();
    set_lease(&server, 2000);
    let run = run(&server, "cuad");
    let first = python_worker(&server, "0.1");
    let second = python_worker(&server, "0.1");
    let sender = submit_aside(run, 0..100);
    until("some are done", || done(&server, "cuad") >= 10);
    first.kill();
    let third = python_worker(&server, "0.1");
    until("more are done", || done(&server, "cuad") >= 40);
    second.signal(Signal::STOP);
    // The task that it has at work is the third one's once its lease has ended.
    check_squares(results(sender.join().unwrap()), 100);
    second.signal(Signal::CONT);
    // Its late answer is nobody's.
    let mut next = crate::fixture::run(&server, "cuad");
    submit(&mut next, 0..20);
    check_squares(results(next), 20);
    until("nothing is left", || tasks(&server, "cuad") == 0);
    drop((second, third));
}

/// The time to redelivery is below a lease and 2 seconds, on a machine that has nothing else to
/// do; the test allows it twice as much.
#[test]
#[ignore = "needs redis-server and python3-redis"]
fn the_task_of_a_killed_worker_is_done_again_soon() {
    let server = RedisServer::start();
    set_lease(&server, 2000);
    let mut run = run(&server, "cuad");
    let killed = python_worker(&server, "60");
    submit(&mut run, 3..4);
    until("it is at work", || {
        let mut pending = redis::cmd("XPENDING");
        pending.arg("rp:{cuad}:tasks").arg("w");
        let (count, ..): (usize, redis::Value, redis::Value, redis::Value) =
            pending.query(&mut connection(&server)).unwrap();
        count == 1
    });
    let _: usize = ask(&server, &["DEL", "rp:{cuad}:sweep"]);
    let other = python_worker(&server, "0");
    // It takes none in its first lease.
    until("the other looks for orphans", || {
        ask::<usize>(&server, &["EXISTS", "rp:{cuad}:sweep"]) == 1
    });
    killed.kill();
    let since = Instant::now();
    assert_eq!(results(run).remove(0).unwrap(), 9);
    let time = since.elapsed();
    println!("redelivered after {:.2} s", time.as_secs_f64());
    assert!(time < Duration::from_secs(8), "{time:?}");
    drop(other);
}
