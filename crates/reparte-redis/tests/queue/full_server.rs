//! A server that is full, and one that refuses for a while.

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use redis::Value;
use reparte::{Call, CallId, Destino, ErrorKind};
use reparte_redis::{Options, RedisQueue, Worker};
use test_support::{RedisServer, until};

use crate::fixture::{
    Count, Gate, LEASE, ask, check_squares, gated_squares, results, run, set_memory, squares,
    submit, take_all_and_die, tasks, url, worker,
};

fn full() -> RedisServer {
    RedisServer::start_with(&["--maxmemory-policy", "noeviction", "--appendonly", "yes"])
}

/// One call that fails for want of memory once held up all others, renewals and results too.
#[test]
#[ignore = "needs redis-server"]
fn a_full_server_holds_up_neither_renewals_nor_results() {
    let server = full();
    let begun = Count::default();
    // Long enough that a busy machine renews it in time.
    let lease = Duration::from_secs(5);
    let workers = [1, 2].map(|_| {
        let service = squares("cuad", Duration::from_secs(8), &begun);
        let worker = Worker::builder(url(&server), "cuad", service).slots(1);
        worker.lease(lease).start().unwrap()
    });
    let queue = RedisQueue::builder(url(&server), "cuad").start().unwrap();
    let queue: &dyn Destino<(i32,), i32> = &queue;
    let call = |n| queue.call(&(n,), &Call::new(CallId::new(n.unsigned_abs().into())));
    thread::scope(|scope| {
        let first = scope.spawn(move || call(3));
        until("it is at work", || begun.get() == 1);
        set_memory(&server, "1");
        let second = scope.spawn(move || call(4));
        assert_eq!(first.join().unwrap().unwrap(), 9);
        // Its lease was renewed: the other worker did not take it.
        assert_eq!(begun.get(), 1);
        assert!(!second.is_finished());
        set_memory(&server, "0");
        assert_eq!(second.join().unwrap().unwrap(), 16);
    });
    assert_eq!(begun.get(), 2);
    drop(workers);
}

/// A full server empties only if the work on what it has goes on.
#[test]
#[ignore = "needs redis-server"]
fn orphans_on_a_full_server_are_taken() {
    let server = full();
    let begun = Count::default();
    let mut run = run(&server, "cuad");
    submit(&mut run, 0..3);
    take_all_and_die(&server, "dead", 3);
    let worker = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    set_memory(&server, "1");
    check_squares(results(run), 3);
    drop(worker);
}

/// Answers that can still be read once hid that the server took no tasks.
#[test]
#[ignore = "needs redis-server"]
fn patience_ends_with_a_server_that_is_full() {
    let server = full();
    let patience = Duration::from_secs(2);
    let queue = RedisQueue::builder(url(&server), "cuad").patience(patience);
    let queue = queue.start().unwrap();
    set_memory(&server, "1");
    let queue: &dyn Destino<(i32,), i32> = &queue;
    let began = Instant::now();
    let error = queue.call(&(1,), &Call::new(CallId::new(1))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    assert!(began.elapsed() >= patience);
}

/// The call was given up while its submission waited, so that there was nothing to cancel.
#[test]
#[ignore = "needs redis-server"]
fn a_task_that_is_given_up_before_it_is_there_is_removed() {
    let server = full();
    let queue = RedisQueue::builder(url(&server), "none").start().unwrap();
    set_memory(&server, "1");
    let queue: &dyn Destino<(i32,), i32> = &queue;
    let deadline = Instant::now() + Duration::from_millis(300);
    let call = Call::new(CallId::new(1)).with_deadline(deadline);
    let error = queue.call(&(1,), &call).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    set_memory(&server, "0");
    until("it is submitted", || {
        let stream: HashMap<String, Value> = ask(&server, &["XINFO", "STREAM", "rp:{none}:tasks"]);
        stream["last-generated-id"] != Value::BulkString(b"0-0".to_vec())
    });
    until("it is removed", || tasks(&server, "none") == 0);
}

/// A password that is changed for a while once lost the results that were about to be committed,
/// and their worker counted as dead.
#[test]
#[ignore = "needs redis-server"]
fn a_refusal_while_connecting_costs_no_result() {
    let server = RedisServer::start();
    let begun = Count::default();
    let mut options = Options::default();
    options.password = Some("one".to_owned());
    let _: String = ask(&server, &["CONFIG", "SET", "requirepass", "one"]);
    let (gate, ended) = <(Gate, Count)>::default();
    let service = gated_squares(&gate, &begun, &ended);
    let worker = Worker::builder(url(&server), "cuad", service);
    let worker = worker.slots(2).lease(LEASE * 10).options(options.clone());
    let worker = worker.start().unwrap();
    let queue = RedisQueue::builder(url(&server), "cuad").options(options);
    let mut run: crate::fixture::Run = reparte::Repartidor::builder()
        .destinos([queue.start().unwrap()])
        .start()
        .unwrap();
    submit(&mut run, 0..2);
    until("both are at work", || begun.get() == 2);
    let client = redis::Client::open(server.url().replace("//", "//:one@")).unwrap();
    let mut admin = client.get_connection().unwrap();
    let mut set = |words: &[&str]| -> Value {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]).query(&mut admin).unwrap()
    };
    set(&["CONFIG", "SET", "requirepass", "two"]);
    set(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    // The work ends, and its results find no way.
    gate.open();
    until("both have ended", || ended.get() == 2);
    set(&["ACL", "LOG", "RESET"]);
    until("a login is refused", || {
        set(&["ACL", "LOG"]) != Value::Array(Vec::new())
    });
    set(&["CONFIG", "SET", "requirepass", ""]);
    set(&["CONFIG", "SET", "requirepass", "one"]);
    check_squares(results(run), 2);
    assert_eq!(begun.get(), 2);
    drop(worker);
}

/// A Sentinel that refuses says nothing of the master that another one will name.
#[test]
#[ignore = "needs redis-server"]
fn one_sentinel_that_refuses_is_not_the_end() {
    let refusing = RedisServer::start_with(&["--requirepass", "x"]);
    let start = |hosts: String| {
        let url = format!("redis-sentinel://{hosts}/m/0").parse().unwrap();
        let service = squares("cuad", Duration::ZERO, &Count::default());
        Worker::builder(url, "cuad", service).start().unwrap_err()
    };
    let refuses = format!("127.0.0.1:{}", refusing.port());
    let error = start(refuses.clone());
    assert!(!error.is_transient(), "{error}");
    for hosts in [
        format!("{refuses},127.0.0.1:1"),
        format!("127.0.0.1:1,{refuses}"),
    ] {
        let error = start(hosts);
        assert!(error.is_transient(), "{error}");
    }
}
