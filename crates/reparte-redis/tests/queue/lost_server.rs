//! A server that dies, forgets, or is silent.

use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use test_support::{RedisServer, until};

use crate::fixture::{
    Count, LEASE, check_squares, connection, results, run, submit, submit_aside, worker,
};

#[test]
#[ignore = "needs redis-server"]
fn a_server_that_is_killed_and_comes_back_costs_no_result() {
    let mut server = RedisServer::start();
    let begun = Count::default();
    let workers = [1, 2].map(|_| worker(&server, "cuad", 2, Duration::from_millis(30), &begun));
    let sender = submit_aside(run(&server, "cuad"), 0..200);
    for done in [20, 90] {
        until("some are done", || begun.get() >= done);
        server.kill();
        // Longer than the lease.
        thread::sleep(LEASE * 2);
        server.restart();
    }
    check_squares(results(sender.join().unwrap()), 200);
    drop(workers);
}

#[test]
#[ignore = "needs redis-server"]
fn a_server_without_files_that_comes_back_empty_costs_no_result() {
    let mut server = RedisServer::start_with(&["--appendonly", "no"]);
    let begun = Count::default();
    let workers = [1, 2].map(|_| worker(&server, "cuad", 2, Duration::from_millis(30), &begun));
    let sender = submit_aside(run(&server, "cuad"), 0..100);
    until("some are done", || begun.get() >= 20);
    server.kill();
    server.restart();
    check_squares(results(sender.join().unwrap()), 100);
    drop(workers);
}

#[test]
#[ignore = "needs redis-server"]
fn everything_is_submitted_again_after_a_flush() {
    let server = RedisServer::start();
    let begun = Count::default();
    let workers = [1, 2].map(|_| worker(&server, "cuad", 2, Duration::from_millis(30), &begun));
    let sender = submit_aside(run(&server, "cuad"), 0..100);
    for done in [20, 60] {
        until("some are done", || begun.get() >= done);
        let _: String = redis::cmd("FLUSHALL")
            .query(&mut connection(&server))
            .unwrap();
    }
    check_squares(results(sender.join().unwrap()), 100);
    drop(workers);
}

#[test]
#[ignore = "needs redis-server"]
fn scripts_that_were_forgotten_are_loaded_again() {
    let server = RedisServer::start();
    let begun = Count::default();
    let worker = worker(&server, "cuad", 2, Duration::from_millis(30), &begun);
    let mut run = run(&server, "cuad");
    submit(&mut run, 0..10);
    let _: String = redis::cmd("SCRIPT")
        .arg("FLUSH")
        .query(&mut connection(&server))
        .unwrap();
    submit(&mut run, 10..60);
    check_squares(results(run), 60);
    drop(worker);
}

/// A server that stops and goes on is as one that was cut off from all.
#[test]
#[ignore = "needs redis-server"]
fn a_server_that_is_silent_for_longer_than_a_read_takes_costs_no_result() {
    let server = RedisServer::start();
    let begun = Count::default();
    let workers = [1, 2].map(|_| worker(&server, "cuad", 2, Duration::from_millis(30), &begun));
    let sender = submit_aside(run(&server, "cuad"), 0..100);
    until("some are done", || begun.get() >= 20);
    server.signal(Signal::STOP);
    thread::sleep(Duration::from_secs(8));
    server.signal(Signal::CONT);
    check_squares(results(sender.join().unwrap()), 100);
    drop(workers);
}
