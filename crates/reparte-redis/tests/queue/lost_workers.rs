//! Workers that die with tasks.

use std::time::{Duration, Instant};

use test_support::{RedisServer, until};

use crate::fixture::{
    Count, LEASE, check_squares, connection, results, run, submit, take_and_die, tasks, worker,
};

#[test]
#[ignore = "needs redis-server"]
fn an_orphan_behind_twelve_live_leases_is_found() {
    let server = RedisServer::start();
    let begun = Count::default();
    let holder = worker(&server, "cuad", 12, Duration::from_secs(6), &begun);
    let mut run = run(&server, "cuad");
    submit(&mut run, 0..12);
    until("twelve leases are live", || begun.get() == 12);
    run.enviar((12,)).unwrap();
    until("the orphan is taken", || {
        take_and_die(&server, "cuad", "dead", 1) == 1
    });
    let died = Instant::now();
    let other = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    until("the orphan is begun", || begun.get() == 13);
    // No sooner than its lease has ended, and soon then.
    assert!(died.elapsed() > LEASE.mul_f32(0.9), "{:?}", died.elapsed());
    assert!(
        died.elapsed() < LEASE + Duration::from_secs(3),
        "{:?}",
        died.elapsed()
    );
    check_squares(results(run), 13);
    assert_eq!(begun.get(), 13);
    drop((holder, other));
}

#[test]
#[ignore = "needs redis-server"]
fn a_task_that_three_workers_died_of_fails_and_names_them() {
    let server = RedisServer::start();
    let begun = Count::default();
    let mut run = run(&server, "cuad");
    run.enviar((5,)).unwrap();
    until("the first worker has it", || {
        take_and_die(&server, "cuad", "first", 1) == 1
    });
    let mut connection = connection(&server);
    for next in ["second", "third"] {
        let taken = taken_over(&mut connection, next);
        assert_eq!(taken, 1, "{next}");
    }
    let worker = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    let error = results(run).remove(0).unwrap_err().to_string();
    for name in ["first", "second", "third"] {
        assert!(error.contains(name), "{error}");
    }
    assert_eq!(begun.get(), 0);
    assert_eq!(tasks(&server, "cuad"), 0);
    drop(worker);
}

/// Calls the script TAKE as a worker that dies right after it.
fn taken_over(connection: &mut redis::Connection, worker: &str) -> usize {
    let script = include_str!("../../src/scripts/take.lua");
    let mut taken = 0;
    until("its lease has ended", || {
        let reply: Vec<redis::Value> = redis::cmd("EVAL")
            .arg(script)
            .arg(3)
            .arg(&["rp:{cuad}:tasks", "rp:{cuad}:lost", "rp:{cuad}:sweep"])
            .arg(&[worker, "100", "10", "1"])
            .query(connection)
            .unwrap();
        taken = reply.len();
        taken > 0
    });
    taken
}

#[test]
#[ignore = "needs redis-server"]
fn a_worker_that_stops_gives_its_tasks_back_at_once() {
    let server = RedisServer::start();
    let begun = Count::default();
    let first = worker(&server, "cuad", 2, Duration::from_secs(600), &begun);
    let mut run = run(&server, "cuad");
    submit(&mut run, 0..2);
    until("both are at work", || begun.get() == 2);
    let second = worker(&server, "cuad", 2, Duration::ZERO, &begun);
    let stopped = Instant::now();
    first.handle().stop();
    first.wait(Duration::from_millis(100));
    check_squares(results(run), 2);
    assert!(stopped.elapsed() < Duration::from_secs(10));
    // A stop is no death.
    let lost: usize = redis::cmd("HLEN")
        .arg("rp:{cuad}:lost")
        .query(&mut connection(&server))
        .unwrap();
    assert_eq!(lost, 0);
    drop(second);
}
