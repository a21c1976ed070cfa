//! Workers that die with tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use reparte::{ErrorKind, Repartidor, ServerState};
use reparte_redis::{RedisQueue, Worker};
use test_support::{RedisServer, until};
use xmlrpc_server::Service;

use crate::fixture::{
    Count, Gate, LEASE, Run, ask, check_squares, connection, eval, gated_squares, keys, results,
    run, submit, take_and_die, tasks, url, worker,
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
    until("the orphan is begun", || begun.get() >= 13);
    // No sooner than its lease has ended, and soon then.
    assert!(died.elapsed() > LEASE.mul_f32(0.9), "{:?}", died.elapsed());
    assert!(
        died.elapsed() < LEASE + Duration::from_secs(3),
        "{:?}",
        died.elapsed()
    );
    check_squares(results(run), 13);
    drop((holder, other));
}

#[test]
#[ignore = "needs redis-server"]
fn a_task_that_three_workers_died_of_fails_and_names_them() {
    let server = RedisServer::start();
    let begun = Count::default();
    // A fault would be tried again.
    let mut options = reparte::Options::default();
    options.retry_faults = reparte::RetryFaults::All;
    let queue = RedisQueue::builder(url(&server), "cuad").start().unwrap();
    let run = Repartidor::builder().destinos([queue]).options(options);
    let mut run: Run = run.start().unwrap();
    let handle = run.handle();
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
    let error = results(run).remove(0).unwrap_err();
    let kinds: Vec<_> = error
        .history()
        .iter()
        .map(|call| call.error.kind())
        .collect();
    let lost = ErrorKind::Interrupted;
    assert_eq!(kinds, [lost, lost, lost, ErrorKind::GivenUp], "{error}");
    let error = error.to_string();
    for name in ["first", "second", "third"] {
        assert!(error.contains(name), "{error}");
    }
    assert_eq!(begun.get(), 0);
    assert_eq!(tasks(&server, "cuad"), 0);
    let summary = handle.summary();
    assert!(
        summary
            .to_string()
            .ends_with("; died: first, second, third"),
        "{summary}"
    );
    drop(worker);
}

/// Calls the script TAKE as a worker that dies right after it. Returns the number of tasks that it
/// gets.
fn taken_over(connection: &mut redis::Connection, worker: &str) -> usize {
    let mut taken = 0;
    until("its lease has ended", || {
        taken = take(connection, worker).len();
        taken > 0
    });
    taken
}

/// Calls the script TAKE as a worker. Returns the ids that it gets, with the names of the workers that
/// were lost with each.
fn take(connection: &mut redis::Connection, worker: &str) -> Vec<(String, String)> {
    let script = include_str!("../../src/scripts/take.lua");
    let keys = ["tasks", "lost", "sweep", "unfit", "workers", "alone"];
    let reply: Vec<(String, Vec<redis::Value>, String)> = redis::cmd("EVAL")
        .arg(script)
        .arg(keys.len())
        .arg(&keys.map(|key| format!("rp:{{cuad}}:{key}")))
        .arg(&[worker, "100", "10", "1", "400"])
        .query(connection)
        .unwrap();
    reply.into_iter().map(|(id, _, lost)| (id, lost)).collect()
}

/// The tasks that were at work beside one which killed three workers once failed with it.
#[test]
#[ignore = "needs redis-server"]
fn the_neighbours_of_a_task_that_kills_its_workers_have_their_results() {
    let server = RedisServer::start();
    let mut run = run(&server, "cuad");
    submit(&mut run, 0..4);
    until("the first worker has all", || {
        take_and_die(&server, "cuad", "first", 4) == 4
    });
    let mut connection = connection(&server);
    assert_eq!(taken_over(&mut connection, "second"), 4);
    assert_eq!(taken_over(&mut connection, "third"), 1);
    let [now, most] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
    let highest = Arc::clone(&most);
    let mut service = Service::new();
    let square = move |n: i32| {
        highest.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
        thread::sleep(Duration::from_millis(100));
        now.fetch_sub(1, SeqCst);
        n * n
    };
    service.register("cuad", square).unwrap();
    let worker = Worker::builder(url(&server), "cuad", service).slots(4);
    let worker = worker.lease(LEASE).start().unwrap();
    let results = results(run);
    let failed: Vec<String> = results
        .iter()
        .filter_map(|result| Some(result.as_ref().err()?.to_string()))
        .collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    for name in ["first", "second", "third"] {
        assert!(failed[0].contains(name), "{failed:?}");
    }
    assert_eq!(most.load(SeqCst), 1, "each of the others runs alone");
    assert!(keys(&server).iter().all(|key| !key.ends_with(":lost")));
    drop(worker);
}

/// A worker whose slots are never all free would otherwise never take one.
#[test]
#[ignore = "needs redis-server"]
fn a_busy_worker_ends_its_tasks_before_it_takes_a_suspect() {
    let server = RedisServer::start();
    let mut run = run(&server, "cuad");
    submit(&mut run, 0..1);
    until("the first worker has it", || {
        take_and_die(&server, "cuad", "first", 1) == 1
    });
    let mut connection = connection(&server);
    assert_eq!(taken_over(&mut connection, "second"), 1);
    submit(&mut run, 1..4);
    until("another has a task", || {
        take_and_die(&server, "cuad", "busy", 1) == 1
    });
    let chosen = [("alone".to_owned(), String::new())];
    until("the suspect is an orphan", || {
        let _: usize = ask(&server, &["DEL", "rp:{cuad}:sweep"]);
        take(&mut connection, "busy") == chosen
    });
    let alone = || ask::<Option<String>>(&server, &["GET", "rp:{cuad}:alone"]);
    assert_eq!(alone().as_deref(), Some("busy"));
    assert_eq!(take(&mut connection, "busy"), chosen, "it has a task still");
    let pending = ["XPENDING", "rp:{cuad}:tasks", "w", "-", "+", "9", "busy"];
    let pending: Vec<(String, String, u64, u64)> = ask(&server, &pending);
    let given: i32 = eval(&server, "release", &["tasks"], &["busy", &pending[0].0]);
    assert_eq!(given, 1);
    let taken = take(&mut connection, "busy");
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert_eq!(taken[0].1, "first\nsecond");
    assert_eq!(alone(), None);
    drop(run);
}

/// It takes nothing beside a suspect, and goes on after it.
#[test]
#[ignore = "needs redis-server"]
fn a_worker_takes_nothing_beside_a_suspect() {
    let server = RedisServer::start();
    let (begun, ended, gate) = (Count::default(), Count::default(), Gate::default());
    let mut run = run(&server, "cuad");
    submit(&mut run, 0..1);
    until("the first worker has it", || {
        take_and_die(&server, "cuad", "first", 1) == 1
    });
    assert_eq!(taken_over(&mut connection(&server), "second"), 1);
    let service = gated_squares(&gate, &begun, &ended);
    let worker = Worker::builder(url(&server), "cuad", service).slots(4);
    let worker = worker.lease(LEASE).start().unwrap();
    submit(&mut run, 1..3);
    // They are at work before the suspect is an orphan.
    until("the new ones are at work", || begun.get() == 2);
    until("the worker is chosen", || {
        ask::<usize>(&server, &["EXISTS", "rp:{cuad}:alone"]) == 1
    });
    submit(&mut run, 3..6);
    // It looks each second.
    thread::sleep(Duration::from_millis(2500));
    assert_eq!(begun.get(), 2);
    gate.open();
    check_squares(results(run), 6);
    drop(worker);
}

/// A worker that was killed once stayed up in the account.
#[test]
#[ignore = "needs redis-server"]
fn a_worker_that_was_lost_has_died_in_the_account() {
    let server = RedisServer::start();
    let mut run = run(&server, "cuad");
    let handle = run.handle();
    submit(&mut run, 0..2);
    until("a worker has both", || {
        take_and_die(&server, "cuad", "dead", 2) == 2
    });
    let worker = worker(&server, "cuad", 1, Duration::ZERO, &Count::default());
    check_squares(results(run), 2);
    let summary = handle.summary();
    let mut servers = summary.servers.iter();
    let dead = servers.find(|server| &*server.name == "dead").unwrap();
    assert_eq!((dead.tasks, dead.executions), (0, 2), "{summary}");
    assert_eq!(dead.state, ServerState::Down, "{summary}");
    assert_eq!(dead.failures["interrupted"], 2, "{summary}");
    assert_eq!(summary.executions, 4, "{summary}");
    assert!(summary.to_string().ends_with("; died: dead"), "{summary}");
    drop(worker);
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

/// One sweep a second for one task each once took a second for each orphan.
#[test]
#[ignore = "needs redis-server"]
fn many_orphans_are_taken_soon() {
    let server = RedisServer::start();
    let begun = Count::default();
    let queue = RedisQueue::builder(url(&server), "cuad").start().unwrap();
    let mut run: Run = Repartidor::builder().destinos([queue]).start().unwrap();
    submit(&mut run, 0..15);
    until("all have died", || {
        take_and_die(&server, "cuad", "dead", 15) == 15
    });
    let worker = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    until("the first one is taken", || begun.get() > 0);
    let since = Instant::now();
    check_squares(results(run), 15);
    let time = since.elapsed();
    assert!(time < Duration::from_secs(8), "{time:?}");
    drop(worker);
}

/// Tasks of a reply that was lost once counted as the death of the worker, which goes on.
#[test]
#[ignore = "needs redis-server"]
fn the_tasks_of_a_lost_reply_are_given_back() {
    let server = RedisServer::start();
    let begun = Count::default();
    let lease = Duration::from_secs(60);
    let gate = Gate::default();
    let service = gated_squares(&gate, &begun, &Count::default());
    let worker = Worker::builder(url(&server), "cuad", service).slots(1);
    let worker = worker.lease(lease).start().unwrap();
    let queue = RedisQueue::builder(url(&server), "cuad").start().unwrap();
    let mut run: Run = Repartidor::builder().destinos([queue]).start().unwrap();
    submit(&mut run, 0..2);
    until("one is at work", || begun.get() == 1);
    let since = Instant::now();
    until("the other is taken in the worker's name", || {
        take_and_die(&server, "cuad", worker.name(), 1) == 2
    });
    let _: i32 = ask(&server, &["CLIENT", "KILL", "TYPE", "normal"]);
    gate.open();
    check_squares(results(run), 2);
    let time = since.elapsed();
    assert!(time < lease / 2, "{time:?}");
    assert_eq!(begun.get(), 2);
    drop(worker);
}
