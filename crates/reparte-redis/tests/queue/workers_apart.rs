//! Workers of one queue that are told apart: a broken one, a slow one, and those that a task is to
//! avoid.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use reparte::{RunSummary, ServerState, ServerSummary};
use reparte_redis::Worker;
use test_support::{RedisServer, until};
use xmlrpc_server::{Fault, Service};

use crate::fixture::{
    Count, LEASE, ask, check_squares, eval, results, run, run_with, submit, url, worker,
};

/// Starts a worker that gives a fault for every task.
fn broken_worker(server: &RedisServer) -> Worker {
    let mut service = Service::new();
    let fail = |_: i32| -> Result<i32, Fault> { Err(Fault::new(7, "broken")) };
    service.register("cuad", fail).unwrap();
    Worker::builder(url(server), "cuad", service)
        .name("broken")
        .slots(1)
        .lease(LEASE)
        .start()
        .unwrap()
}

fn row<'a>(summary: &'a RunSummary, worker: &Worker) -> &'a ServerSummary {
    let mut servers = summary.servers.iter();
    servers
        .find(|server| *server.name == *worker.name())
        .unwrap()
}

#[test]
#[ignore = "needs redis-server"]
fn a_broken_worker_of_three_fails_no_task_and_is_named() {
    let server = RedisServer::start();
    let begun = Count::default();
    let time = Duration::from_millis(100);
    let good = [(); 2].map(|()| worker(&server, "cuad", 1, time, &begun));
    let broken = broken_worker(&server);
    let began = Instant::now();
    let mut run = run(&server, "cuad");
    let handle = run.handle();
    submit(&mut run, 0..60);
    check_squares(results(run), 60);
    // 3 s of work for two workers.
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    let summary = handle.summary();
    let [blamed, one, two] = [&broken, &good[0], &good[1]].map(|worker| row(&summary, worker));
    assert_eq!(blamed.tasks, 0, "{summary}");
    assert!(blamed.failures["fault"] > 0, "{summary}");
    assert_eq!(blamed.state, ServerState::Suspected, "{summary}");
    assert_eq!(one.tasks + two.tasks, 60, "{summary}");
    assert!(
        one.failures.is_empty() && two.failures.is_empty(),
        "{summary}"
    );
    let host = &summary.servers[0];
    assert_eq!((host.tasks, host.state), (0, ServerState::Up), "{summary}");
}

#[test]
#[ignore = "needs redis-server"]
fn a_task_of_a_slow_worker_is_done_by_another_one() {
    let server = RedisServer::start();
    let [quickly, slowly] = [(); 2].map(|()| Count::default());
    let quick = worker(&server, "cuad", 2, Duration::from_millis(20), &quickly);
    let slow = worker(&server, "cuad", 1, Duration::from_secs(60), &slowly);
    let mut run = run_with(&server, "cuad", true);
    let handle = run.handle();
    // Until the slow one has a task.
    let mut sent = 0;
    while slowly.get() == 0 {
        submit(&mut run, sent..sent + 1);
        sent += 1;
    }
    submit(&mut run, sent..sent + 20);
    let began = Instant::now();
    check_squares(results(run), sent + 20);
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    let summary = handle.summary();
    assert_eq!(row(&summary, &slow).tasks, 0, "{summary}");
    assert!(summary.hedges_won >= 1, "{summary}");
    drop(quick);
}

/// Starts a worker that gives a fault for a number as often as `faults` says, and then its square.
fn faulty_worker(server: &RedisServer, faults: usize) -> Worker {
    let calls: Mutex<HashMap<i32, usize>> = Mutex::default();
    let mut service = Service::new();
    let square = move |n: i32| -> Result<i32, Fault> {
        let mut calls = calls.lock().unwrap();
        let calls = calls.entry(n).or_default();
        *calls += 1;
        if *calls <= faults {
            return Err(Fault::new(7, "faulty"));
        }
        Ok(n * n)
    };
    service.register("cuad", square).unwrap();
    let worker = Worker::builder(url(server), "cuad", service).slots(1);
    worker.name("faulty").lease(LEASE).start().unwrap()
}

/// Starts a worker that can do no task.
fn unfit_worker(server: &RedisServer) -> Worker {
    let fail = |_: i32| -> Result<i32, Fault> { Err(Fault::new(Fault::HOST_UNFIT, "no program")) };
    let mut service = Service::new();
    service.register("cuad", fail).unwrap();
    let worker = Worker::builder(url(server), "cuad", service).slots(1);
    worker.name("unfit").lease(LEASE).start().unwrap()
}

/// One worker once left such a task to the other for ever, and the other gave it back for ever.
#[test]
#[ignore = "needs redis-server"]
fn a_task_to_avoid_is_done_where_the_other_worker_is_unfit() {
    for faults in [1, usize::MAX] {
        let server = RedisServer::start();
        let workers = [faulty_worker(&server, faults), unfit_worker(&server)];
        let mut run = run(&server, "cuad");
        submit(&mut run, 0..4);
        let (sender, ended) = channel();
        let waiter = thread::spawn(move || sender.send(results(run)));
        let results = ended.recv_timeout(Duration::from_secs(60)).unwrap();
        if faults == 1 {
            check_squares(results, 4);
        } else {
            for result in results {
                let error = result.unwrap_err().to_string();
                assert!(error.contains("faulty"), "{error}");
            }
        }
        waiter.join().unwrap().unwrap();
        drop(workers);
    }
}

/// The other worker, which could come, was once waited for without end.
#[test]
#[ignore = "needs redis-server"]
fn a_task_that_one_worker_fails_and_the_other_can_not_do_fails() {
    let server = RedisServer::start();
    let partly_unfit = |n: i32| match n {
        0..20 => Ok(n * n),
        _ => Err(Fault::new(Fault::HOST_UNFIT, "no program")),
    };
    let mut service = Service::new();
    service.register("cuad", partly_unfit).unwrap();
    let other = Worker::builder(url(&server), "cuad", service).slots(1);
    let other = other.name("other").lease(LEASE).start().unwrap();
    let mut run = run(&server, "cuad");
    let handle = run.handle();
    // It is proven, and the broken one is suspected.
    submit(&mut run, 0..10);
    until("the other has answered some", || {
        handle.summary().done == 10
    });
    let broken = broken_worker(&server);
    submit(&mut run, 10..24);
    let (sender, ended) = channel();
    let waiter = thread::spawn(move || sender.send(results(run)));
    let mut results = ended.recv_timeout(Duration::from_secs(60)).unwrap();
    for result in results.split_off(20) {
        let error = result.unwrap_err().to_string();
        assert!(error.contains("broken"), "{error}");
    }
    check_squares(results, 20);
    waiter.join().unwrap().unwrap();
    drop((other, broken));
}

/// Calls TAKE as a worker. Returns the number of tasks that it gets.
fn take(server: &RedisServer, worker: &str) -> usize {
    let keys = ["tasks", "lost", "sweep", "unfit", "workers", "alone"];
    let taken: Vec<redis::Value> =
        eval(server, "take", &keys, &[worker, "60000", "9", "1", "60000"]);
    taken.len()
}

#[test]
#[ignore = "needs redis-server"]
fn a_task_is_left_to_others_that_are_there() {
    let server = RedisServer::start();
    let announce = |worker: &str| {
        let keys = ["tasks", "seen", "workers", "lease"];
        let _: String = eval(&server, "announce", &keys, &[worker, "1 0 x", "60000"]);
    };
    announce("a-1");
    let run = ["tasks", "res:r", "open:r"];
    let _: i32 = eval(&server, "open", &run, &["60000"]);
    let submitted = ["r", "1", "<x/>", "0", "0", "a-1\na-2"];
    let id: String = eval(&server, "submit", &run, &submitted);
    let read = [
        "XREADGROUP",
        "GROUP",
        "w",
        "a-1",
        "STREAMS",
        "rp:{cuad}:tasks",
        ">",
    ];
    let give_back = |worker: &str| {
        let given: i32 = eval(&server, "release", &["tasks"], &[worker, &id]);
        assert_eq!(given, 1, "{worker}");
    };
    let _: redis::Value = ask(&server, &read);
    give_back("a-1");
    assert_eq!(take(&server, "a-1"), 1, "nobody else is there");
    give_back("a-1");
    announce("b-1");
    assert_eq!(take(&server, "a-1"), 0, "it is to avoid it");
    assert_eq!(take(&server, "b-1"), 1);
    give_back("b-1");
    // A worker of b has died of it.
    let _: i32 = ask(&server, &["HSET", "rp:{cuad}:lost", &id, "b-0"]);
    announce("c-1");
    assert_eq!(take(&server, "b-1"), 0, "it was lost on that machine");
    assert_eq!(take(&server, "c-1"), 1);
}

/// It is left to a worker that can do it, and taken where there is none.
#[test]
#[ignore = "needs redis-server"]
fn a_task_to_avoid_is_taken_once_all_others_are_unfit_for_it() {
    let server = RedisServer::start();
    let announce = |worker: &str| {
        let keys = ["tasks", "seen", "workers", "lease"];
        let _: String = eval(&server, "announce", &keys, &[worker, "1 0 x", "60000"]);
    };
    for worker in ["a-1", "b-1", "c-1"] {
        announce(worker);
    }
    let run = ["tasks", "res:r", "open:r"];
    let _: i32 = eval(&server, "open", &run, &["60000"]);
    let submitted = ["r", "1", "<x/>", "0", "0", "a-1"];
    let id: String = eval(&server, "submit", &run, &submitted);
    let read = ["XREADGROUP", "GROUP", "w", "a-1", "STREAMS"];
    let _: redis::Value = ask(&server, &[&read[..], &["rp:{cuad}:tasks", ">"]].concat());
    let given: i32 = eval(&server, "release", &["tasks"], &["a-1", &id]);
    assert_eq!(given, 1);
    let is_unfit = |worker: &str| {
        assert_eq!(take(&server, worker), 1, "{worker}");
        let keys = ["tasks", "unfit", "workers"];
        let lines: String = eval(&server, "unfit", &keys, &[worker, &id, "why", "60000"]);
        assert_eq!(lines, "", "{worker}");
    };
    is_unfit("b-1");
    assert_eq!(take(&server, "a-1"), 0, "the third one may do it");
    let details = |details: &str| {
        let _: i32 = ask(&server, &["HSET", "rp:{cuad}:workers", "c-1", details]);
    };
    details("0 0 x");
    assert_eq!(take(&server, "a-1"), 1, "the third one has no slots");
    let given: i32 = eval(&server, "release", &["tasks"], &["a-1", &id]);
    assert_eq!(given, 1);
    details("10 0 x");
    is_unfit("c-1");
    assert_eq!(take(&server, "b-1"), 0, "it is unfit");
    assert_eq!(take(&server, "a-1"), 1, "no other can do it");
}

/// The oldest 257 tasks of this kind once hid all others that were given back.
#[test]
#[ignore = "needs redis-server"]
fn many_tasks_that_a_worker_is_unfit_for_hide_no_other() {
    let server = RedisServer::start();
    for worker in ["a-1", "b-1"] {
        let keys = ["tasks", "seen", "workers", "lease"];
        let _: String = eval(&server, "announce", &keys, &[worker, "1 0 x", "60000"]);
    }
    let run = ["tasks", "res:r", "open:r"];
    let _: i32 = eval(&server, "open", &run, &["60000"]);
    let submit = |n: i32| -> String {
        let submitted = ["r", &*n.to_string(), "<x/>", "0", "0", ""];
        eval(&server, "submit", &run, &submitted)
    };
    let read = ["XREADGROUP", "GROUP", "w", "a-1", "STREAMS"];
    let read = [&read[..], &["rp:{cuad}:tasks", ">"]].concat();
    let unfit: Vec<String> = (1..=600).map(submit).collect();
    let _: redis::Value = ask(&server, &read);
    for id in unfit {
        let keys = ["tasks", "unfit", "workers"];
        let lines: String = eval(&server, "unfit", &keys, &["a-1", &id, "why", "60000"]);
        assert_eq!(lines, "");
    }
    let id = submit(601);
    let _: redis::Value = ask(&server, &read);
    let given: i32 = eval(&server, "release", &["tasks"], &["a-1", &id]);
    assert_eq!(given, 1);
    assert_eq!(take(&server, "a-1"), 1);
}
