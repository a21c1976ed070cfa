//! The end of workers and of runs.

use std::thread;
use std::time::{Duration, Instant};

use reparte::{Call, CallId, Destino, ErrorKind};
use reparte_redis::RedisQueue;
use rustix::process::Signal;
use test_support::{RedisServer, until};

use crate::fixture::{Count, LEASE, ask, keys, run, submit, tasks, url, worker};

const NOT_RUN: ErrorKind = ErrorKind::Busy { retry_after: None };

/// The goodbye takes 3 seconds at most, and a command in progress 7.
const SOON: Duration = Duration::from_secs(15);

#[test]
#[ignore = "needs redis-server"]
fn a_worker_ends_while_the_server_is_away() {
    let mut server = RedisServer::start();
    let begun = Count::default();
    let idle = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    let busy = worker(&server, "other", 1, Duration::from_secs(600), &begun);
    let mut run = run(&server, "other");
    submit(&mut run, 0..1);
    until("one is at work", || begun.get() == 1);
    server.kill();
    // Renewals and announcements are under way, and wait for the server.
    thread::sleep(LEASE);
    let since = Instant::now();
    for worker in [idle, busy] {
        worker.handle().stop();
        worker.wait(Duration::from_millis(100));
    }
    let time = since.elapsed();
    assert!(time < SOON, "{time:?}");
}

#[test]
#[ignore = "needs redis-server"]
fn a_queue_ends_while_the_server_is_silent() {
    let server = RedisServer::start();
    let queue = RedisQueue::builder(url(&server), "cuad").start().unwrap();
    server.signal(Signal::STOP);
    let since = Instant::now();
    drop(queue);
    let time = since.elapsed();
    server.signal(Signal::CONT);
    assert!(time < Duration::from_secs(6), "{time:?}");
}

#[test]
#[ignore = "needs redis-server"]
fn a_closed_run_leaves_nothing_and_its_calls_end() {
    let server = RedisServer::start();
    let queue = RedisQueue::builder(url(&server), "cuad").start().unwrap();
    let handle = queue.handle();
    let before: Vec<String> = vec!["rp:{cuad}:tasks".to_owned()];
    let queue: &dyn Destino<(i32,), i32> = &queue;
    thread::scope(|scope| {
        let call = scope.spawn(move || queue.call(&(1,), &Call::new(CallId::new(1))));
        until("it is on the queue", || tasks(&server, "cuad") == 1);
        handle.close();
        assert_eq!(keys(&server), before);
        let error = call.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    });
    assert_eq!(tasks(&server, "cuad"), 0);
    handle.close();
}

/// The end of a run waits for the work that has begun, and for no other.
#[test]
#[ignore = "needs redis-server"]
fn tasks_that_no_worker_has_are_withdrawn() {
    let server = RedisServer::start();
    let begun = Count::default();
    let worker = worker(&server, "cuad", 1, Duration::from_secs(1), &begun);
    let queue = RedisQueue::builder(url(&server), "cuad").start().unwrap();
    let handle = queue.handle();
    let queue: &dyn Destino<(i32,), i32> = &queue;
    let call = |n: i32| queue.call(&(n,), &Call::new(CallId::new(n.unsigned_abs().into())));
    thread::scope(|scope| {
        let first = scope.spawn(move || call(2));
        until("one is at work", || begun.get() == 1);
        let waiting: Vec<_> = (10..20).map(|n| scope.spawn(move || call(n))).collect();
        until("they are on the queue", || tasks(&server, "cuad") == 11);
        assert_eq!(handle.withdraw(), 10);
        for call in waiting {
            let error = call.join().unwrap().unwrap_err();
            assert_eq!(error.kind(), NOT_RUN);
        }
        assert_eq!(call(30).unwrap_err().kind(), NOT_RUN);
        assert_eq!(first.join().unwrap().unwrap(), 4);
    });
    assert_eq!(begun.get(), 1);
    let open: Vec<String> = ask(&server, &["KEYS", "rp:{cuad}:unfit"]);
    assert!(open.is_empty());
    drop(worker);
}
